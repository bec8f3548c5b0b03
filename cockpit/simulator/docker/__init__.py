"""A simulated Docker Engine: what docker and docker-compose ask of one, and what happens in it by itself."""
