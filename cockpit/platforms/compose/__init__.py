"""Docker Compose, through the API of a Docker Engine."""
