"""What a responder does to an incident; each action appends events."""
