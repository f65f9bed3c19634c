"""From an event object to rows: what Firehose wrote, as Parquet of the five staged tables, and what no table takes.

How records are told apart, what a record must hold to be a row, and where the outcome lies in the lake belong here.
Loading it into the warehouse, and deciding when that is due, do not. The modules load pyarrow and msgspec, so import
them where they are used and not when definitions load; `places` and `version` are light.
"""
