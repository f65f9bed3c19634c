"""The source `retail`: the Complete Journey's files to household value, campaigns and recommendations.

`files` says what the source files are; `ingest`, `raw_assets` and `staged_assets` bring them in; `recommend` and
`recommendations` make the one gold table that is not SQL; all other tables are models under `sql/retail/`.
"""
