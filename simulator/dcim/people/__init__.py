"""Who may do what: users, roles, sessions, keys, access lists, lockouts."""
