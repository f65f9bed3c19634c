"""The warehouse: what a table is, how it is checked, and the one verb that writes it, *replace*.

The contract (types, tables, checks, windows, sources, the abstract `Warehouse`) is engine-free; each engine is a
subpackage of its own. What a table means, and which tables exist, is said in `sql/` and `assets/`, not here.
"""
