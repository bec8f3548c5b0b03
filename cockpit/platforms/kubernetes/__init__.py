"""Kubernetes: Deployments, StatefulSets and DaemonSets of one namespace, with the revisions of their rollouts."""
