"""`core.dim_sneaker` as one would write it in pandas, whole columns at a time: all its columns, by the same rules.

Only records of another brand that leave out what was the same before are not looked up here: no event has any.
"""

from __future__ import annotations

import pandas as pd

REMOVALS = ("sold", "trashed", "given")
LIFE = ("bought", "worn", "walked", "cleaned", *REMOVALS)
PLACE = {"bought": 0, "worn": 1, "walked": 1, "cleaned": 1}
EDITED = ("name", "color", "material", "purchase_price", "manufacturer_id", "brand", "sale_price")
CLEARED = ("collaborator", "currency", "size", "note", "photo", "recipient")
"""What an edit can change to nothing, so that `changed_fields` tells."""

DESCRIBED = ("name", "manufacturer_id", "color", "material", "purchase_price", "currency", "size", "note", "photo")


def dim_sneaker(events: pd.DataFrame) -> pd.DataFrame:
    """The history of every pair from all events; the frame is not changed."""
    undone = events.loc[events["type"] == "undone", "target_event_id"]
    live = events[~events["event_id"].isin(undone)]
    entries = _corrected(live)
    entries["place"] = entries["type"].map(PLACE).fillna(2)
    entries = entries.sort_values(["sneaker_id", "event_date", "place", "event_time", "event_id"])
    pair = entries["sneaker_id"]
    entries["valid_from"] = entries["event_time"].groupby(pair).cummax()
    for kind, column in (("worn", "count_wears"), ("walked", "count_walks"), ("cleaned", "count_cleans")):
        entries[column] = (entries["type"] == kind).groupby(pair).cumsum()
    worn = entries["type"] == "worn"
    entries["last_worn_at"] = entries["event_time"].where(worn).groupby(pair).cummax().groupby(pair).ffill()
    entries["last_worn_on"] = entries["event_date"].where(worn).groupby(pair).ffill()
    entries["removals"] = entries["type"].isin(REMOVALS).groupby(pair).cumsum()
    entries["is_owned"] = (entries["type"] == "bought").groupby(pair).cumsum().gt(0) & (entries["removals"] == 0)
    entries["valid_to"] = entries["valid_from"].groupby(pair).shift(-1)
    periods = entries[entries["valid_to"].isna() | (entries["valid_from"] < entries["valid_to"])]
    kept = ["event_id", "sneaker_id", "is_owned", "count_wears", "count_walks", "count_cleans", "last_worn_at"]
    periods = periods[[*kept, "last_worn_on", "removals", "valid_from", "valid_to"]].rename(
        columns={"event_id": "last_event_id"}
    )
    periods["is_current"] = periods["valid_to"].isna()
    periods["sneaker_key"] = periods["sneaker_id"].astype(int).astype(str) + "@" + periods["last_event_id"].astype(str)
    periods = periods.merge(_described(live, entries), on="sneaker_id", how="left")
    return periods.merge(_removed(entries), on=["sneaker_id", "removals"], how="left").drop(columns="removals")


def _corrected(live: pd.DataFrame) -> pd.DataFrame:
    """The life events with the latest correction of each field."""
    edits = live[live["type"] == "edited"].sort_values("event_id")
    fields = ["changed_event_date", "changed_event_time", *EDITED]
    latest = edits.groupby("target_event_id")[fields].last()
    wanted = ["event_id", "type", "sneaker_id", "event_date", "event_time", *EDITED, *CLEARED]
    entries = live.loc[live["type"].isin(LIFE), wanted]
    entries = entries.merge(latest, left_on="event_id", right_index=True, how="left", suffixes=("", "_edited"))
    entries["event_date"] = entries["changed_event_date"].combine_first(entries["event_date"])
    entries["event_time"] = entries["changed_event_time"].fillna(entries["event_time"])
    for name in EDITED:
        entries[name] = entries[f"{name}_edited"].combine_first(entries[name])
    entries = entries.drop(columns=["changed_event_date", "changed_event_time", *(f"{name}_edited" for name in EDITED)])
    changed = "," + edits["changed_fields"] + ","
    for name in CLEARED:
        given = edits[changed.str.contains(f",{name},", regex=False)].drop_duplicates("target_event_id", keep="last")
        if len(given):
            values = given.set_index("target_event_id")[name]
            is_given = entries["event_id"].isin(values.index)
            entries.loc[is_given, name] = entries.loc[is_given, "event_id"].map(values)
    return entries


def _described(live: pd.DataFrame, entries: pd.DataFrame) -> pd.DataFrame:
    """What is known of each pair, with its brand's present name."""
    bought = entries[entries["type"] == "bought"].sort_values("event_id")
    purchases = bought.drop_duplicates("sneaker_id")[["sneaker_id", "event_date", *DESCRIBED]]
    names = ["manufacturer_id", "brand", "collaborator"]
    said = live.loc[live["type"].isin(["brand_added", "brand_edited"]), [*names, "event_id"]]
    known = pd.concat([bought[[*names, "event_id"]].assign(rank=0), said.assign(rank=1)])
    latest = known.sort_values(["rank", "event_id"]).drop_duplicates("manufacturer_id", keep="last")[names]
    return purchases.rename(columns={"event_date": "purchased_on"}).merge(latest, on="manufacturer_id", how="left")


def _removed(entries: pd.DataFrame) -> pd.DataFrame:
    """How a pair left, by the number of its removal."""
    gone = entries[entries["type"].isin(REMOVALS)]
    removed = gone[["sneaker_id", "removals", "sale_price", "recipient"]].assign(left_on=gone["event_date"])
    for kind in REMOVALS:
        removed[f"{kind}_at"] = gone["event_time"].where(gone["type"] == kind)
    return removed
