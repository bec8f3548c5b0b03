"""From a step and values to what would run, and whether it may."""
