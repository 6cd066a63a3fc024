"""What is held against a client: a rule is a function, a module holds those of one subject."""
