"""IPMI 2.0 over LAN, both ends, without any I/O: bytes and time go in, bytes and the next deadline come out."""
