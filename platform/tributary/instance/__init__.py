"""Dagster's instance: its configuration file, its storage in Postgres, and what a crash leaves in it.

What runs on the instance (definitions, processes) belongs elsewhere.
"""
