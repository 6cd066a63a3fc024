"""Networks, pools and addresses: the platform's `/ip` service."""
