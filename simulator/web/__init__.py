"""HTTP between parties: in memory and on sockets, and the gateway in front of each panel."""
