"""Azure Container Apps: revisions with traffic, their replicas and logs."""
