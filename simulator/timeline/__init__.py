"""What happened, for eyes: lanes of a timeline, the exchanges with devices, and their datagrams taken apart."""
