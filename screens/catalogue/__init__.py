"""The list of runbooks."""
