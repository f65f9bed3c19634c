"""The warehouse on a query engine over Iceberg tables: Trino's SQL, by Trino's protocol or by Athena's API.

The engine computes rows into a table aside; publishing is one commit of Iceberg's own. What a transport does, and no
more, is in `transport`.
"""
