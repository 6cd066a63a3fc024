"""What stands in the panel's racks, how it is reached and read: inventory, power, ports, VLANs, meters."""
