"""What the retail gold tables must hold, worked out by pandas from the raw CSV files: a second opinion on `sql/retail`.

Only reference implementations belong here. They read the source files themselves and share no code, SQL or
intermediate table with the platform; money is counted in whole cents until the very end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
FIRST_DAY = pd.Timestamp("2004-03-23")
SEED = Path(__file__).resolve().parents[2] / "sql" / "retail" / "commodity_sections.csv"
SECTIONS = (
    "alcohol",
    "beverages",
    "concessions",
    "dairy",
    "drug",
    "garden",
    "grain_goods",
    "grocery",
    "home_family",
    "junk_food",
    "kitchen",
    "meat",
    "misc",
    "produce",
    "seasonal",
)
SPEND = (*SECTIONS, "total_sales")
GASOLINE = "GASOLINE-REG UNLEADED"
OLD_ENOUGH = ("45-54", "55-64", "65+")
RICH_ENOUGH = ("50-74K", "75-99K", "100-124K", "125-149K", "150-174K", "175-199K", "200-249K", "250K+")
NEXT_TO_CAMPAIGN = 28


@dataclass(frozen=True)
class Source:
    """The raw files as they are, with the columns' own names; `sales` also has CENTS."""

    sales: pd.DataFrame
    products: pd.DataFrame
    households: pd.DataFrame
    campaigns: pd.DataFrame
    targets: pd.DataFrame
    coupons: pd.DataFrame
    redemptions: pd.DataFrame
    sections: dict[str, str]


def read_source(folder: Path) -> Source:
    """Read the files of a Complete Journey folder that the gold tables come from."""
    sales = pd.read_csv(folder / "transaction_data.csv")
    sales["CENTS"] = (sales["SALES_VALUE"] * 100).round().astype("int64")
    seed = pd.read_csv(SEED, dtype=str)
    return Source(
        sales=sales,
        products=pd.read_csv(folder / "product.csv", keep_default_na=False),
        households=pd.read_csv(folder / "hh_demographic.csv", dtype=str, keep_default_na=False),
        campaigns=pd.read_csv(folder / "campaign_desc.csv"),
        targets=pd.read_csv(folder / "campaign_table.csv"),
        coupons=pd.read_csv(folder / "coupon.csv"),
        redemptions=pd.read_csv(folder / "coupon_redempt.csv"),
        sections=dict(zip(seed["COMMODITY_DESC"].str.strip(), seed["SECTION"].str.strip(), strict=True)),
    )


def household_summary(source: Source) -> pd.DataFrame:
    """`gold.household_summary`, sorted by household_key."""
    lines = _qualifying(source)
    lines = lines[(lines["date"] >= "2004-07-01") & (lines["date"] < "2006-03-01")]
    by_household = lines.groupby("household_key")
    rfm = pd.DataFrame(
        {
            "first": by_household["DAY"].min(),
            "last": by_household["DAY"].max(),
            "baskets": by_household["BASKET_ID"].nunique(),
            "cents": by_household["CENTS"].sum(),
        }
    )
    rfm = rfm[rfm["first"] != rfm["last"]]
    scored = pd.DataFrame(index=rfm.index)
    scored["r_score"] = pd.cut(rfm["last"], [0, 525, 615, 675, 700, np.inf], labels=False) + 1
    scored["f_score"] = quintiles((rfm["baskets"] / (rfm["last"] - rfm["first"] + 1)).to_numpy())
    scored["m_score"] = quintiles((rfm["cents"] / 100).to_numpy())
    scored["rfm_score"] = scored.sum(axis="columns")
    scored["rfm_bin"] = pd.cut(scored["rfm_score"], [0, 6, 9, 13, 15, 16], right=False, labels=False) + 1

    people = source.households.assign(household_key=source.households["household_key"].astype("int64"))
    people = people.set_index("household_key").apply(lambda column: column.str.strip())
    who = pd.DataFrame(index=people.index)
    who["age_45_plus"] = people["AGE_DESC"].isin(OLD_ENOUGH)
    who["income_50k_plus"] = people["INCOME_DESC"].isin(RICH_ENOUGH)
    size = people["HOUSEHOLD_SIZE_DESC"]
    composition = people["HH_COMP_DESC"]
    who["has_kids"] = composition.isin(["1 Adult Kids", "2 Adults Kids"]) | size.isin(["3", "4", "5+"])
    who["single"] = composition.isin(["Single Female", "Single Male"]) | (size == "1")
    who["couple"] = composition == "2 Adults No Kids"
    who["single_couple_family"] = size.map({"1": 1, "2": 2, "3": 3, "4": 3, "5+": 3})

    spend = _by_section(lines, ["household_key"])
    return who.join(scored, how="inner").join(spend, how="inner").sort_index().reset_index()


def household_daily_spend(source: Source) -> pd.DataFrame:
    """`gold.household_daily_spend`, sorted by household_key and date."""
    spend = _by_section(_qualifying(source), ["household_key", "date"]).sort_index().reset_index()
    spend["date"] = spend["date"].dt.date
    return spend


def section_monthly_sales(source: Source) -> pd.DataFrame:
    """`gold.section_monthly_sales`, sorted by month_start and section."""
    lines = _qualifying(source)
    lines["month_start"] = lines["date"].dt.to_period("M").dt.start_time
    groups = lines.groupby(["month_start", "section"])
    months = sorted(lines["month_start"].unique())
    every = pd.MultiIndex.from_product([months, SECTIONS], names=["month_start", "section"])
    result = pd.DataFrame({"cents": groups["CENTS"].sum(), "households": groups["household_key"].nunique()})
    result = result.reindex(every, fill_value=0).sort_index().reset_index()
    result.insert(2, "sales_value", result.pop("cents").map(_dollars).astype(object))
    result["month_start"] = result["month_start"].dt.date
    return result


def household_rfm_by_month(source: Source) -> pd.DataFrame:
    """`gold.household_rfm_by_month`, a month at a time."""
    lines = _qualifying(source)
    lines["month"] = lines["date"].dt.to_period("M")
    parts = []
    for month in sorted(lines["month"].unique()):
        mine = lines[(lines["month"] > month - 12) & (lines["month"] <= month)].groupby("household_key")
        last = mine["date"].max()
        part = pd.DataFrame({"last": last, "baskets": mine["BASKET_ID"].nunique(), "cents": mine["CENTS"].sum()})
        part["recency"] = (month.end_time.normalize() - last).dt.days
        worse = (-part["recency"], part["baskets"], part["cents"])
        for name, values in zip(("r_score", "f_score", "m_score"), worse, strict=True):
            part[name] = 1 + sum((_share_worse(values) >= edge).astype(int) for edge in (0.2, 0.4, 0.6, 0.8))
        parts.append(part.assign(month_start=month.start_time.date()).reset_index())
    found = pd.concat(parts, ignore_index=True)
    scores = ["r_score", "f_score", "m_score"]
    return pd.DataFrame(
        {
            "month_start": found["month_start"],
            "household_key": found["household_key"],
            "last_purchase_on": found["last"].dt.date,
            "recency_days": found["recency"],
            "baskets": found["baskets"],
            "total_sales": found["cents"].map(_dollars).astype(object),
            **{name: found[name] for name in scores},
            "rfm_score": found[scores].sum(axis=1),
        }
    )


def _share_worse(values: Any) -> Any:
    """Of each value the share of the others that are below it."""
    return (values.rank(method="min") - 1) / max(len(values) - 1, 1)


def monthly_sales_before_exclusions(source: Source) -> pd.DataFrame:
    """`gold.monthly_sales_before_exclusions`."""
    sales, products = source.sales.copy(), source.products
    gas = (products[["COMMODITY_DESC", "SUB_COMMODITY_DESC"]].apply(lambda column: column.str.strip()) == GASOLINE).any(
        axis=1
    )
    sales["month_start"] = (FIRST_DAY + pd.to_timedelta(sales["DAY"] - 1, unit="D")).dt.to_period("M")
    what = pd.Series("counted", sales.index)
    what[sales["PRODUCT_ID"].isin(products.loc[gas, "PRODUCT_ID"])] = "gasoline"
    what[~sales["PRODUCT_ID"].isin(products["PRODUCT_ID"])] = "unlisted"
    what[(sales["QUANTITY"] <= 0) | (sales["CENTS"] <= 0)] = "no_purchase"
    rows = []
    for month, mine in sales.groupby("month_start"):
        row = {"month_start": month.start_time.date(), "lines": len(mine)}  # type: ignore[attr-defined]
        row["sales_before_exclusions"] = _dollars(mine["CENTS"].sum())
        for name in ("no_purchase", "unlisted", "gasoline", "counted"):
            chosen = mine[what[mine.index] == name]
            row |= {f"{name}_lines": len(chosen), f"{name}_sales": _dollars(chosen["CENTS"].sum())}
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)


def household_top_products(source: Source) -> pd.DataFrame:
    """`gold.household_top_products`."""
    lines = _qualifying(source)
    bought = lines.groupby(["household_key", "PRODUCT_ID"]).agg(
        baskets=("BASKET_ID", "nunique"),
        sales_value=("CENTS", "sum"),
        quantity=("QUANTITY", "sum"),
        last_bought=("DAY", "max"),
    )
    households = lines.groupby("PRODUCT_ID")["household_key"].nunique()
    popular = sorted(households.items(), key=lambda one: (-one[1], one[0]))
    rows: list[tuple[Any, ...]] = []
    for household, mine in bought.reset_index().groupby("household_key"):
        for metric in ("baskets", "sales_value", "quantity", "last_bought"):
            best = mine.sort_values([metric, "PRODUCT_ID"], ascending=[False, True]).head(10)
            scale = 1 if metric == "sales_value" else 100
            rows += [
                (household, metric, rank, product, _dollars(value * scale))
                for rank, (product, value) in enumerate(zip(best["PRODUCT_ID"], best[metric], strict=True), 1)
            ]
        known, rank = {*mine["PRODUCT_ID"]}, 0
        for product, buyers in popular:
            if rank == 10:
                break
            if product not in known:
                rank += 1
                rows.append((household, "popular_new", rank, product, _dollars(buyers * 100)))
    return pd.DataFrame(rows, columns=["household_key", "metric", "rank", "product_id", "value"], dtype=object)


def campaign_daily_sales(source: Source) -> pd.DataFrame:
    """`gold.campaign_daily_sales`, sorted by campaign and date."""
    sales = source.sales
    bought = sales[(sales["QUANTITY"] > 0) & (sales["CENTS"] > 0)]
    days = np.arange(sales["DAY"].min(), sales["DAY"].max() + 1) if len(sales) else np.array([], dtype="int64")
    parts = []
    for campaign in _campaigns(source):
        by_day = bought[bought["PRODUCT_ID"].isin(_covered(source, campaign))].groupby("DAY")
        part = pd.DataFrame(
            {
                "cents": by_day["CENTS"].sum(),
                "units": by_day["QUANTITY"].sum(),
                "baskets": by_day["BASKET_ID"].nunique(),
                "households": by_day["household_key"].nunique(),
            }
        ).reindex(days, fill_value=0)
        part.insert(0, "campaign", campaign["CAMPAIGN"])
        part.insert(1, "date", [_date(day) for day in days])
        part.insert(2, "days_since_start", days - campaign["START_DAY"])
        part.insert(3, "is_running", (days >= campaign["START_DAY"]) & (days <= campaign["END_DAY"]))
        part.insert(4, "sales_value", part.pop("cents").map(_dollars).astype(object))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def campaign_summary(source: Source) -> pd.DataFrame:
    """`gold.campaign_summary`, sorted by campaign."""
    daily = campaign_daily_sales(source)
    rows = []
    for campaign in _campaigns(source):
        number = campaign["CAMPAIGN"]
        length = campaign["END_DAY"] - campaign["START_DAY"] + 1
        sales = daily[daily["campaign"] == number].set_index("days_since_start")["sales_value"]
        phases = {
            "before": sales.loc[-NEXT_TO_CAMPAIGN:-1],
            "during": sales.loc[0 : length - 1],
            "after": sales.loc[length : length + NEXT_TO_CAMPAIGN - 1],
        }
        mean = {name: float(sum(phase)) / len(phase) if len(phase) else None for name, phase in phases.items()}
        before, during = mean["before"], mean["during"]
        targeted = source.targets.loc[source.targets["CAMPAIGN"] == number, "household_key"].nunique()
        redeemed = source.redemptions[source.redemptions["CAMPAIGN"] == number]
        redeeming = redeemed["household_key"].nunique()
        rows.append(
            {
                "campaign": number,
                "campaign_type": campaign["DESCRIPTION"],
                "start_date": _date(campaign["START_DAY"]),
                "end_date": _date(campaign["END_DAY"]),
                "days": length,
                "products": len(_covered(source, campaign)),
                **{f"days_{name}": len(phase) for name, phase in phases.items()},
                **{f"daily_sales_{name}": value for name, value in mean.items()},
                "lift": during / before - 1 if before and during is not None else None,
                "households_targeted": targeted,
                "households_redeeming": redeeming,
                "redemptions": len(redeemed),
                "redemption_rate": redeeming / targeted if targeted else None,
            }
        )
    return pd.DataFrame(rows)


def quintiles(values: FloatArray) -> IntArray:
    """The bin, 1 to 5, of each value between the 20, 40, 60 and 80 % quantiles (linear, right-closed).

    Equal edges leave the bins between them empty: the highest value is in bin 5 as long as it lies above all edges.
    """
    if not len(values):
        return np.array([], dtype="int64")
    return np.searchsorted(np.quantile(values, [0.2, 0.4, 0.6, 0.8]), values, side="left") + 1


def _qualifying(source: Source) -> pd.DataFrame:
    """Sales of some pieces for some money, of listed products other than gasoline, with their `date` and `section`."""
    sales = source.sales[(source.sales["QUANTITY"] > 0) & (source.sales["CENTS"] > 0)]
    products = source.products[["PRODUCT_ID", "COMMODITY_DESC", "SUB_COMMODITY_DESC"]].copy()
    for column in ("COMMODITY_DESC", "SUB_COMMODITY_DESC"):
        products[column] = products[column].str.strip()
    lines = sales.merge(products, on="PRODUCT_ID", how="inner", validate="many_to_one")
    lines = lines[(lines["COMMODITY_DESC"] != GASOLINE) & (lines["SUB_COMMODITY_DESC"] != GASOLINE)].copy()
    lines["section"] = lines["COMMODITY_DESC"].map(source.sections).fillna("misc")
    lines["date"] = FIRST_DAY + pd.to_timedelta(lines["DAY"] - 1, unit="D")
    return lines


def _by_section(lines: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Dollars (exact) by section and in all, a row a combination of `keys`."""
    cents = lines.pivot_table(index=keys, columns="section", values="CENTS", aggfunc="sum", fill_value=0)
    cents = cents.reindex(columns=list(SECTIONS), fill_value=0)
    cents["total_sales"] = lines.groupby(keys)["CENTS"].sum()
    return pd.DataFrame({column: cents[column].map(_dollars).astype(object) for column in SPEND}, index=cents.index)


def _campaigns(source: Source) -> list[dict[str, Any]]:
    return source.campaigns.sort_values("CAMPAIGN").rename(columns=str).to_dict("records")  # type: ignore[return-value]


def _covered(source: Source, campaign: dict[str, Any]) -> Any:
    coupons = source.coupons
    return coupons.loc[coupons["CAMPAIGN"] == campaign["CAMPAIGN"], "PRODUCT_ID"].unique()


def _date(day: int) -> date:
    """The date of a day as the source counts days: day 1 is FIRST_DAY."""
    return (FIRST_DAY + pd.Timedelta(days=int(day) - 1)).date()


def _dollars(cents: int) -> Decimal:
    return Decimal(int(cents)).scaleb(-2)
