"""A simulated cloud and workload that speak HTTP, for demonstrations, training and tests."""
