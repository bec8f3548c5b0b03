"""Health checks: schedule, request, conditions, state, and whether our own network is at fault."""
