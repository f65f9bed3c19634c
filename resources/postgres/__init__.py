"""Postgres as Tributary uses it: the embedded server, and the databases on it or on a server given by URL.

What is *in* the databases (the warehouse's tables, the app's forms) belongs to the packages that own them. Nothing
here imports Dagster or SQLAlchemy, so that a command that only needs a connection starts fast.
"""
