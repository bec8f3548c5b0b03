"""One folder for each kind of source, and what runs them.

Each polls and gives Readings: a value, or the reason why there is none.
"""
