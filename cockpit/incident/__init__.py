"""What is remembered of incidents: the timeline file, the actions that write it, and everything folded from it."""
