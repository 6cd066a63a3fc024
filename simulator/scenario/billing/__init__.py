"""The billing side of a scenario: one file a module, and what they share."""
