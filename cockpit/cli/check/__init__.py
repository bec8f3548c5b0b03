"""`cockpit check`, `schema` and `info`: is the configuration right, and does what it names answer?"""
