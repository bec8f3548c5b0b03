"""The simulated world as values: what it holds, how it changes, and what a scenario makes of it."""
