"""`core.dim_sneaker` as one would write it in pandas, whole columns at a time."""

from __future__ import annotations

import pandas as pd

REMOVALS = ("sold", "trashed", "given")
LIFE = ("bought", "worn", "walked", "cleaned", *REMOVALS)
EDITABLE = ("name", "color", "material", "purchase_price", "manufacturer_id", "sale_price", "recipient")


def dim_sneaker(events: pd.DataFrame) -> pd.DataFrame:
    """The history of every pair from all events; the frame is not changed."""
    undone = events.loc[events["type"] == "undone", "target_event_id"]
    live = events[~events["event_id"].isin(undone)]
    entries = _corrected(live)
    entries = entries.sort_values(["sneaker_id", "event_time", "event_id"])
    pair = entries["sneaker_id"]
    for kind, column in (("worn", "count_wears"), ("walked", "count_walks"), ("cleaned", "count_cleans")):
        entries[column] = (entries["type"] == kind).groupby(pair).cumsum()
    entries["last_worn_at"] = entries["event_time"].where(entries["type"] == "worn").groupby(pair).ffill()
    is_removal = entries["type"].isin(REMOVALS)
    entries["removals"] = is_removal.groupby(pair).cumsum()
    entries["purchases"] = (entries["type"] == "bought").groupby(pair).cumsum()
    for kind in REMOVALS:
        entries[f"{kind}_at"] = entries["event_time"].where(entries["type"] == kind).groupby(pair).ffill()
    entries["sale_price"] = entries["sale_price"].groupby(pair).ffill()
    entries["recipient"] = entries["recipient"].groupby(pair).ffill()
    entries["is_owned"] = (entries["purchases"] > 0) & (entries["removals"] == 0)
    entries["valid_to"] = entries.groupby("sneaker_id")["event_time"].shift(-1)
    periods = entries[entries["valid_to"].isna() | (entries["event_time"] < entries["valid_to"])]
    periods = periods.rename(columns={"event_time": "valid_from"})
    periods["is_current"] = periods["valid_to"].isna()
    periods["sneaker_key"] = periods["sneaker_id"].astype(int).astype(str) + "@" + periods["event_id"].astype(str)
    described = _described(live, entries)
    return periods.drop(columns=["name", "color", "material", "purchase_price", "manufacturer_id"]).merge(
        described, on="sneaker_id", how="left"
    )


def _corrected(live: pd.DataFrame) -> pd.DataFrame:
    """The life events with the latest correction of each field."""
    edits = live[live["type"] == "edited"].sort_values("event_id")
    fields = ["changed_event_time", *EDITABLE]
    latest = edits.groupby("target_event_id")[fields].last()
    entries = live.loc[live["type"].isin(LIFE), ["event_id", "type", "sneaker_id", "event_time", *EDITABLE]]
    entries = entries.merge(latest, left_on="event_id", right_index=True, how="left", suffixes=("", "_edited"))
    entries["event_time"] = entries["changed_event_time"].fillna(entries["event_time"])
    for name in EDITABLE:
        entries[name] = entries[f"{name}_edited"].combine_first(entries[name])
    return entries.drop(columns=["changed_event_time", *(f"{name}_edited" for name in EDITABLE)])


def _described(live: pd.DataFrame, entries: pd.DataFrame) -> pd.DataFrame:
    """What is known of each pair, with its brand's present name."""
    columns = ["sneaker_id", "name", "manufacturer_id", "color", "material", "event_time", "purchase_price"]
    purchases = entries.loc[entries["type"] == "bought", columns].rename(columns={"event_time": "purchased_on"})
    brands = live[live["type"].isin(["brand_added", "brand_edited"])].sort_values("event_id")
    named = brands.drop_duplicates("manufacturer_id", keep="last")[["manufacturer_id", "brand", "collaborator"]]
    return purchases.merge(named, on="manufacturer_id", how="left")
