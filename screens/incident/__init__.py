"""The incident's own screen and its forms."""
