"""A simulated GitHub: a repository with its workflows, runs, deployments and releases, over its REST API."""
