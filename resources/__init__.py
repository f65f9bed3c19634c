"""What the platform stands on: settings, Postgres, the lake and the warehouse.

Nothing here knows Dagster's asset graph or any source, and nothing here imports `assets` or `tributary`.
"""
