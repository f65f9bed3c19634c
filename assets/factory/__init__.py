"""Turns declarations into assets: SQL files with their headers, and table contracts that Python code fills.

No source is known here. What a model file says is read in `header` and `model`; `lineage` follows columns;
`dagster_events` turns a write into Dagster's events; `sql_assets` and `table_assets` make the assets.
"""
