"""Environments: schemas of their own beside production's, whose tables stand in for production's where there are any.

What an environment is called, how statements come to read it, and how it is written, compared, published and dropped in
Postgres belong here. Which assets are made in one does not.
"""
