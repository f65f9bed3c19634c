"""What a log comes to, said naively: replay all of it, in the order of recording, for every question anew."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.sneakers.warehouse.streams import LIFE, Event, Log

State = dict[str, Any]
REMOVALS = ("sold", "trashed", "given")


def standing(log: Log) -> Log:
    """The life events that were not undone, as corrected, in the order of what happened."""
    dead = {one["details"]["target_event_id"] for one in log if one["type"] == "undone"}
    entries: dict[int, Event] = {}
    for one in log:
        if one["event_id"] in dead:
            continue
        if one["type"] in LIFE:
            entries[one["event_id"]] = {**one, "details": dict(one["details"]), "corrected": False}
        elif one["type"] == "edited" and one["details"]["target_event_id"] in entries:
            _correct(entries[one["details"]["target_event_id"]], one["details"]["changes"])
    return sorted(entries.values(), key=lambda one: (one["event_time"], one["event_id"]))


def _correct(entry: Event, changes: dict[str, Any]) -> None:
    entry["corrected"] = True
    for name, value in changes.items():
        if name == "event_time":
            entry["event_time"] = datetime.fromisoformat(value)
        else:
            entry["details"][name] = value


def brands(log: Log) -> dict[int, tuple[str, str | None]]:
    """What each brand is called now: by its latest event, else as its latest purchase said."""
    dead = {one["details"]["target_event_id"] for one in log if one["type"] == "undone"}
    purchases = sorted((one for one in standing(log) if one["type"] == "bought"), key=lambda one: one["event_id"])
    bought = [one["details"] for one in purchases]
    return {said["manufacturer_id"]: (said["brand"], said["collaborator"]) for said in bought} | {
        one["details"]["manufacturer_id"]: (one["details"]["name"], one["details"]["collaborator"])
        for one in log
        if one["type"] in ("brand_added", "brand_edited") and one["event_id"] not in dead
    }


def state_at(log: Log, pair: int, instant: datetime) -> State | None:
    """What was true of a pair at an instant; None before its first entry."""
    entries = [one for one in standing(log) if one["sneaker_id"] == pair]
    past = [one for one in entries if one["event_time"] <= instant]
    if not past:
        return None
    left = [one for one in past if one["type"] in REMOVALS]
    last = left[-1] if left else {"type": None, "details": {}}
    worn = [one["event_time"] for one in past if one["type"] == "worn"]
    price = last["details"].get("sale_price")
    return {
        **_described(log, entries),
        "is_owned": any(one["type"] == "bought" for one in past) and not left,
        "count_wears": len(worn),
        "count_walks": sum(one["type"] == "walked" for one in past),
        "count_cleans": sum(one["type"] == "cleaned" for one in past),
        "last_worn_at": naive(max(worn)) if worn else None,
        **{f"{kind}_at": naive(last["event_time"]) if last["type"] == kind else None for kind in REMOVALS},
        "sale_price": Decimal(price) if price else None,
        "recipient": last["details"].get("recipient"),
    }


def _described(log: Log, entries: Log) -> State:
    purchase = next((one for one in entries if one["type"] == "bought"), None)
    if purchase is None:
        names = ("name", "manufacturer_id", "brand", "collaborator", "color", "material", "purchased_on")
        return dict.fromkeys((*names, "purchase_price"))
    details = purchase["details"]
    brand, collaborator = brands(log)[details["manufacturer_id"]]
    return {
        **{name: details[name] for name in ("name", "manufacturer_id", "color", "material")},
        "brand": brand,
        "collaborator": collaborator,
        "purchased_on": purchase["event_time"].date(),
        "purchase_price": Decimal(details["purchase_price"]),
    }


def naive(moment: datetime) -> datetime:
    """The moment as the warehouse holds it: in UTC, without its zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)
