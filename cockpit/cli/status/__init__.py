"""`cockpit status`: how an environment stands, as text, JSON and an exit code."""
