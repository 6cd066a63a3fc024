"""Commands of `rackloop` that have a file of their own."""
