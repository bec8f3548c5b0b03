"""Changes to Azure resources: sent once, followed to their end."""
