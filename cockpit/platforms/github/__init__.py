"""GitHub: workflow runs, deployments and releases of the configured repositories, and the gh commands for them."""
