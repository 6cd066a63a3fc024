"""Finds what nobody wrote down: a scenario again and again, with something else gone wrong each time."""
