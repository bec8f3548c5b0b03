"""Where workloads run, with revisions and replicas: one package a kind of platform, one protocol, one registry."""
