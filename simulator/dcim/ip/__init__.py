"""Address spaces, networks, pools, and who has which address."""
