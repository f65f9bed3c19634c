"""What exists: one package a source, and `assets.factory`, which turns files under `sql/` into assets.

Assets use `resources`; they import neither `tributary` nor another source.
"""
