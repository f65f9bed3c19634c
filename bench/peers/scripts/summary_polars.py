"""`gold.household_summary` by polars, lazily, from the CSV files: `summary_polars.py FOLDER SEED OUT`."""

import sys
from pathlib import Path

import polars as pl

SECTIONS = (
    "alcohol", "beverages", "concessions", "dairy", "drug", "garden", "grain_goods", "grocery", "home_family",
    "junk_food", "kitchen", "meat", "misc", "produce", "seasonal",
)  # fmt: skip
GASOLINE = "GASOLINE-REG UNLEADED"
RICH = ("50-74K", "75-99K", "100-124K", "125-149K", "150-174K", "175-199K", "200-249K", "250K+")
# Days are counted from 2004-03-23, so that these are 2004-07-01 and 2006-03-01.
FIRST_DAY, END_DAY = 101, 709
EDGES = (0.2, 0.4, 0.6, 0.8)


def trimmed(path: Path) -> pl.LazyFrame:
    """A file's columns as texts without blanks around them."""
    return pl.scan_csv(path, infer_schema=False).select(pl.all().str.strip_chars().fill_null(""))


def score(name: str) -> pl.Expr:
    """1 to 5: the quintile of a column's values, edges belonging to the lower one."""
    column = pl.col(name)
    return 1 + pl.sum_horizontal(*((column > column.quantile(edge, "linear")).cast(pl.Int64) for edge in EDGES))


def shoppers(folder: Path, seed: Path) -> pl.LazyFrame:
    """What each household of two days or more bought, and its scores."""
    commodity, sub = pl.col("COMMODITY_DESC"), pl.col("SUB_COMMODITY_DESC")
    products = (
        trimmed(folder / "product.csv")
        .filter(commodity != GASOLINE, sub != GASOLINE)
        .join(trimmed(seed), on="COMMODITY_DESC", how="left")
        .select(pl.col("PRODUCT_ID").cast(pl.Int64), pl.col("SECTION").fill_null("misc"))
    )
    money, cents = pl.col("SALES_VALUE"), pl.col("cents")
    lines = (
        pl.scan_csv(folder / "transaction_data.csv")
        .filter(pl.col("QUANTITY") > 0, money > 0, pl.col("DAY") >= FIRST_DAY, pl.col("DAY") < END_DAY)
        .select("household_key", "BASKET_ID", "DAY", "PRODUCT_ID", cents=(money * 100).round().cast(pl.Int64))
        .join(products, on="PRODUCT_ID")
    )
    day = pl.col("DAY")
    sections = [cents.filter(pl.col("SECTION") == name).sum().alias(name) for name in SECTIONS]
    found = (
        lines.group_by("household_key")
        .agg(
            day.min().alias("first"),
            day.max().alias("last"),
            pl.col("BASKET_ID").n_unique().alias("baskets"),
            *sections,
            cents.sum().alias("total_sales"),
        )
        .filter(pl.col("first") < pl.col("last"))
        .with_columns(
            frequency=pl.col("baskets") / (pl.col("last") - pl.col("first") + 1), money=pl.col("total_sales") / 100
        )
    )
    last = pl.col("last")
    return found.with_columns(
        r_score=1 + pl.sum_horizontal(*((last > edge).cast(pl.Int64) for edge in (525, 615, 675, 700))),
        f_score=score("frequency"),
        m_score=score("money"),
    ).with_columns(rfm_score=pl.sum_horizontal("r_score", "f_score", "m_score"))


def people(folder: Path) -> pl.LazyFrame:
    """The surveyed households."""
    size, composition = pl.col("HOUSEHOLD_SIZE_DESC"), pl.col("HH_COMP_DESC")
    sizes = {"1": 1, "2": 2, "3": 3, "4": 3, "5+": 3}
    return trimmed(folder / "hh_demographic.csv").select(
        pl.col("household_key").cast(pl.Int64),
        age_45_plus=pl.col("AGE_DESC").is_in(["45-54", "55-64", "65+"]),
        income_50k_plus=pl.col("INCOME_DESC").is_in(list(RICH)),
        has_kids=composition.is_in(["1 Adult Kids", "2 Adults Kids"]) | size.is_in(["3", "4", "5+"]),
        single=composition.is_in(["Single Female", "Single Male"]) | (size == "1"),
        couple=composition == "2 Adults No Kids",
        single_couple_family=size.replace_strict(sizes, default=None, return_dtype=pl.Int64),
    )


def main(folder: str, seed: str, out: str) -> None:
    """Make the table, as CSV at `out`."""
    score_of = pl.col("rfm_score")
    bins = 1 + pl.sum_horizontal(*((score_of >= edge).cast(pl.Int64) for edge in (6, 9, 13, 15)))
    dollars = [(pl.col(name) / 100).round(2).alias(name) for name in (*SECTIONS, "total_sales")]
    scores = ["r_score", "f_score", "m_score", "rfm_score"]
    who = people(Path(folder))
    columns = who.collect_schema().names()
    table = who.join(shoppers(Path(folder), Path(seed)), on="household_key").sort("household_key")
    table.select(*columns, *scores, bins.alias("rfm_bin"), *dollars).collect().write_csv(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
