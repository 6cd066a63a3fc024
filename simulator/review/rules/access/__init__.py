"""Rules about ways in that a server's last client must not keep: the users of its BMC, and the VLANs of its ports."""
