"""Azure over one client: identity, reads and changes, its errors as Problems, the read-only guard."""
