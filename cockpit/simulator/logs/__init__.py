"""What the simulated containers and the platform wrote, and the live streams of it."""
