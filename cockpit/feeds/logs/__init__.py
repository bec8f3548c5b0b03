"""Log lines of a revision: live stream, parsing, history."""
