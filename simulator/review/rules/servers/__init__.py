"""Rules about servers: what a client did to them, and in what state it left them."""
