"""What is remembered of incidents: the timeline file, the desk that writes it, and everything folded from it."""
