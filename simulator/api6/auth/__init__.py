"""Accounts, sessions, roles, rules of access and second factors: the platform's `/auth` service."""
