"""The catalogue's pages: tables to search and browse, a page a table, and a page a column with its lineage drawn.

What is known of tables is `catalogue`'s, lineage `lineage_graph`'s; of runs and checks Dagster is asked.
"""
