"""What the command line asks of a lab that is up."""
