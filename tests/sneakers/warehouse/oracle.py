"""What a log comes to, said naively: replay all of it, in the order of recording, for every question anew."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import accumulate
from typing import Any

from tests.sneakers.warehouse.streams import LIFE, Event, Log

State = dict[str, Any]
REMOVALS = ("sold", "trashed", "given")
PARTICULARS = ("currency", "size", "note", "photo")


def standing(log: Log) -> Log:
    """The life events that were not undone, as corrected, in the order of what happened: by days, then by times.

    On one day a pair is bought before it is used, and used before it leaves.
    """
    dead = {one["details"]["target_event_id"] for one in log if one["type"] == "undone"}
    entries: dict[int, Event] = {}
    for one in log:
        if one["event_id"] in dead:
            continue
        if one["type"] in LIFE:
            entries[one["event_id"]] = {**one, "details": dict(one["details"]), "corrected": False}
        elif one["type"] == "edited" and one["details"]["target_event_id"] in entries:
            target = one["details"]["target_event_id"]
            _correct(entries[target], one, log, next(first for first in log if first["event_id"] == target))
    return sorted(entries.values(), key=_place)


def _place(one: Event) -> tuple[Any, ...]:
    among = 0 if one["type"] == "bought" else 2 if one["type"] in REMOVALS else 1
    return one["event_date"], among, one["event_time"], one["event_id"]


def counting_from(entries: Log) -> list[datetime]:
    """From when each of the entries of a pair counts: when it and all before it have come."""
    return list(accumulate((one["event_time"] for one in entries), max))


def _correct(entry: Event, edit: Event, log: Log, first: Event) -> None:
    entry["corrected"] = True
    changes = edit["details"]["changes"]
    if "event_time" in changes:
        entry["event_time"] = datetime.fromisoformat(changes["event_time"])
        told = changes.get("event_date")
        entry["event_date"] = date.fromisoformat(told) if told else entry["event_time"].astimezone(UTC).date()
    brand = ("manufacturer_id", "brand", "collaborator")
    for name in changes.keys() - {"event_time", "event_date", *brand}:
        entry["details"][name] = changes[name]
    if "manufacturer_id" in changes:
        earlier = dict(_said([one for one in log if one["event_id"] < edit["event_id"]]))
        recorded = (first["details"]["brand"], first["details"]["collaborator"])
        name, partner = earlier.get(changes["manufacturer_id"], recorded)
        entry["details"] |= {
            "brand": name,
            "collaborator": partner,
            **{key: changes[key] for key in changes if key in brand},
        }


def _said(log: Log) -> list[tuple[int, tuple[str, str | None]]]:
    """What the events of brands that were not undone in this log say, the latest last."""
    dead = {one["details"]["target_event_id"] for one in log if one["type"] == "undone"}
    return [
        (one["details"]["manufacturer_id"], (one["details"]["name"], one["details"]["collaborator"]))
        for one in log
        if one["type"] in ("brand_added", "brand_edited") and one["event_id"] not in dead
    ]


def brands(log: Log) -> dict[int, tuple[str, str | None]]:
    """What each brand is called now: by its latest event, else as its latest purchase said."""
    purchases = sorted((one for one in standing(log) if one["type"] == "bought"), key=lambda one: one["event_id"])
    bought = [one["details"] for one in purchases]
    return {said["manufacturer_id"]: (said["brand"], said["collaborator"]) for said in bought} | dict(_said(log))


def state_at(log: Log, pair: int, instant: datetime) -> State | None:
    """What was true of a pair at an instant; None before its first entry."""
    entries = [one for one in standing(log) if one["sneaker_id"] == pair]
    return _state(
        log, entries, [one for one, since in zip(entries, counting_from(entries), strict=True) if since <= instant]
    )


def state_after(log: Log, pair: int, day: date) -> State | None:
    """What was true of a pair at the end of the collector's day; None before its first entry."""
    entries = [one for one in standing(log) if one["sneaker_id"] == pair]
    return _state(log, entries, [one for one in entries if one["event_date"] <= day])


def _state(log: Log, entries: Log, past: Log) -> State | None:
    if not past:
        return None
    left = [one for one in past if one["type"] in REMOVALS]
    last = left[-1] if left else {"type": None, "details": {}}
    worn = [one for one in past if one["type"] == "worn"]
    price = last["details"].get("sale_price")
    return {
        **_described(log, entries),
        "is_owned": any(one["type"] == "bought" for one in past) and not left,
        "count_wears": len(worn),
        "count_walks": sum(one["type"] == "walked" for one in past),
        "count_cleans": sum(one["type"] == "cleaned" for one in past),
        "last_worn_at": naive(max(one["event_time"] for one in worn)) if worn else None,
        "last_worn_on": max(one["event_date"] for one in worn) if worn else None,
        "left_on": last["event_date"] if left else None,
        **{f"{kind}_at": naive(last["event_time"]) if last["type"] == kind else None for kind in REMOVALS},
        "sale_price": Decimal(price) if price else None,
        "recipient": last["details"].get("recipient"),
    }


def _described(log: Log, entries: Log) -> State:
    purchase = next((one for one in entries if one["type"] == "bought"), None)
    if purchase is None:
        names = ("name", "manufacturer_id", "brand", "collaborator", "color", "material", "purchased_on")
        return dict.fromkeys((*names, "purchase_price", *PARTICULARS))
    details = purchase["details"]
    brand, collaborator = brands(log)[details["manufacturer_id"]]
    return {
        **{name: details[name] for name in ("name", "manufacturer_id", "color", "material")},
        "brand": brand,
        "collaborator": collaborator,
        "purchased_on": purchase["event_date"],
        "purchase_price": Decimal(details["purchase_price"]),
        **{name: details.get(name) for name in PARTICULARS},
    }


def naive(moment: datetime) -> datetime:
    """The moment as the warehouse holds it: in UTC, without its zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)
