"""Messages to be filled, copied and logged."""
