"""The table of the source `retail` that Python makes; those of its files are in `files`, the rest under `sql/`."""

from __future__ import annotations

from tributary.resources.warehouse.checks import Expression, NotNull, References, Unique
from tributary.resources.warehouse.table import Column, Table

COUNT = 10
"""Products that each household is recommended."""

RECOMMENDATIONS = Table(
    schema="gold",
    name="product_recommendations",
    description=(
        "Ten products that each household is likely to want in its next basket, learnt from all baskets: some that it "
        "buys again and again, some that others buy together with what it buys."
    ),
    grain="one row a household and rank",
    columns=(
        Column("household_key", "integer", "Household (loyalty card) number."),
        Column("rank", "integer", "Place in the household's list; 1 is the likeliest."),
        Column("product_id", "integer", "The product."),
        Column("score", "double", "Score by which the list is ordered; comparable within one household only."),
        Column("reason", "text", "Why it stands in the list, for people."),
    ),
    checks=(
        Unique(("household_key", "rank")),
        Unique(("household_key", "product_id")),
        NotNull(("household_key", "rank", "product_id", "score", "reason")),
        Expression(f"rank between 1 and {COUNT}", title="ranks_are_in_range"),
        References("product_id", "core", "dim_product", "product_id"),
    ),
)
