"""Rules about ispmanager's accounts: what a module of shared hosting did to them, and to whose."""
