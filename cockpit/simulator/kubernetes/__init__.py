"""A simulated Kubernetes: a cluster with its controllers, and the API that kr8s and kubectl speak to."""
