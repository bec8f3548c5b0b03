"""Where workloads run, with revisions and replicas: one package for each kind of platform, one protocol, one registry."""
