"""A run of a procedure: steps, values, confirmation, rollback."""
