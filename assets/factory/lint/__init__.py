"""Refuses what a SQL model may not say: text that would fail, or mean something else, on Athena/Trino.

`parse` reads the text; `lint` applies the rules to what was read. One module holds one kind of rule: `words` those
that show in the text alone, `shape` those of the statement's structure, `expressions`, `dates` and `calls` those of
values. How a sound model is written for each engine is `assets.factory.dialects`' matter, not this package's.
"""
