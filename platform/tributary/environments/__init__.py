"""Environments: what of the graph is made in one, how it is published, and what a preview of it tells.

Which assets differ from production and why, making them, and telling Dagster of what was published belong here. How
tables stand in for production's is the warehouse's matter, and what a person sees the command line's.
"""
