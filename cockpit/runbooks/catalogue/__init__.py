"""Which documents there are, and which of them fits an alert."""
