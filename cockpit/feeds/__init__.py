"""One file a source: each polls and gives Readings, a value or the reason why there is none."""
