"""The simulated world in Azure's words: Resource Manager, Monitor, Log Analytics and SQL."""
