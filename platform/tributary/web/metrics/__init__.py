"""`/metrics`: what Prometheus is told of the web process, of runs and tables, and of what acts by itself."""
