"""One scenario through DCImanager 5 and through DCImanager 6, and what is different after each step."""
