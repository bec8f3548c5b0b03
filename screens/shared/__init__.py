"""What several screens stand on: keys, help, errors, the driver."""
