"""Clients of the panels' HTTP APIs: one module per dialect, no decisions."""
