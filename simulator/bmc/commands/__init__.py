"""What a BMC answers: a module for each kind of command, and the table of all."""
