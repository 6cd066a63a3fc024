"""Servers, equipment, wiring and stock: the platform's `/dci` service."""
