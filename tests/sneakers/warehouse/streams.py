"""Random event logs of the form app, as records of a pull: crowded, corrected, undone and back-dated.

They go further than the form app would let them (a pair that leaves twice, or is worn before it was bought), since what
the warehouse makes of a log must be defined for any.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from hypothesis import strategies as st

from tributary.assets.sneakers.pull import line_of
from tributary.resources.lake.model import Lake

Event: TypeAlias = dict[str, Any]
Log: TypeAlias = list[Event]

START = datetime(2026, 1, 25, 12, tzinfo=UTC)
RECORDING_BEGAN = datetime(2026, 5, 1, 18, 30, tzinfo=UTC)
ZONES = (timedelta(0), timedelta(0), timedelta(hours=14), timedelta(hours=-12))
PAIRS = 8
DAYS = (-9000, -31, 0, 0, 1, 5, 6, 40, 95)
WITHIN = (timedelta(0), timedelta(0), timedelta(0), timedelta(microseconds=1), timedelta(hours=12))
INSTANTS = tuple(sorted({START + timedelta(days=day) + within for day in DAYS for within in WITHIN}))
COLORS = ("White", "white", "Red", "Grün")
MATERIALS = ("Suede", "suede", "Leather", "Canvas")
BRANDS = ("Nike", "adidas", "Pütz")
LIFE = ("bought", "worn", "walked", "cleaned", "sold", "trashed", "given")
BRAND = {"manufacturer_id", "brand", "collaborator"}
EDITABLE = ("name", "color", "material", "purchase_price", "manufacturer_id", "brand", "collaborator")
CURRENCIES = (None, "EUR", "USD")
PHOTOS = (None, "ab" * 32, "cd" * 32)

_choice = st.integers(0, 10_000)
_action = st.tuples(
    st.sampled_from(
        ["worn"] * 8
        + ["walked", "cleaned"] * 3
        + ["sold", "trashed", "given"]
        + ["edit"] * 7
        + ["undo"] * 4
        + ["brand"]
    ),
    _choice,
    _choice,
    st.lists(_choice, min_size=8, max_size=8),
)


def logs(fewest: int = 120, most: int = 260) -> st.SearchStrategy[Log]:
    """Random logs of some pairs with this many entries."""
    return st.lists(_action, min_size=fewest, max_size=most).map(_log)


def event(
    number: int, kind: str, pair: int | None, when: datetime, zone: timedelta = timedelta(0), **details: Any
) -> Event:
    """One record; ids have gaps, as those of refused forms are never seen. `zone` is the collector's, ahead of UTC."""
    return {
        "event_id": number,
        "type": kind,
        "sneaker_id": pair,
        "event_date": (when + zone).date(),
        "event_time": when,
        "recorded_at": RECORDING_BEGAN + timedelta(minutes=number),
        "details": details,
    }


def bought(number: int, pair: int, when: datetime, **given: Any) -> Event:
    """A purchase, of a white suede pair for 100.00 unless it says otherwise."""
    said = {
        "name": f"Pair {pair}",
        "color": "White",
        "material": "Suede",
        "purchase_price": "100.00",
        "manufacturer_id": 1,
        "brand": BRANDS[0],
        "collaborator": None,
    }
    return event(number, "bought", pair, when, **{**said, **given})


def lines(log: Iterable[Event]) -> bytes:
    """The log as the content of a pulled object."""
    from json import dumps

    return b"".join(
        line_of(
            {
                **one,
                "event_date": one["event_date"].isoformat(),
                "event_time": one["event_time"].isoformat(),
                "recorded_at": one["recorded_at"].isoformat(),
                "details": dumps(one["details"]),
            }
        )
        for one in log
    )


def put(lake: Lake, log: Log) -> str:
    """The log as one pulled object; its key."""
    from tributary.assets.sneakers.arrivals import key_of

    key = key_of(log[0]["event_id"], log[-1]["event_id"])
    lake.put(key, lines(log))
    return key


def _log(actions: list[tuple[str, int, int, list[int]]]) -> Log:
    log: Log = []
    for brand, name in enumerate(BRANDS, start=1):
        log.append(event(2 * brand, "brand_added", None, START, manufacturer_id=brand, name=name, collaborator=None))
    seen: set[int] = set()
    undone: set[int] = set()
    for kind, which, day, choices in actions:
        number, when, pair = 2 * len(log) + 2, INSTANTS[day % len(INSTANTS)], which % PAIRS + 1
        if kind == "edit":
            targets = [one for one in log if one["type"] in LIFE]
            if targets:
                target = targets[which % len(targets)]
                log.append(_edit(number, target, when, choices))
        elif kind == "undo":
            targets = [one for one in log if one["type"] != "undone" and one["event_id"] not in undone]
            target = targets[which % len(targets)]
            # Most purchases stand, or there would be little to see.
            if target["type"] != "bought" or choices[0] % 5 == 0:
                undone.add(target["event_id"])
                log.append(event(number, "undone", target["sneaker_id"], START, target_event_id=target["event_id"]))
        elif kind == "brand":
            name, partner = BRANDS[choices[0] % 3] + "!" * (choices[1] % 3), [None, "Somebody"][choices[2] % 2]
            log.append(
                event(
                    number, "brand_edited", None, START, manufacturer_id=which % 3 + 1, name=name, collaborator=partner
                )
            )
        elif pair not in seen:
            seen.add(pair)
            log.append(bought(number, pair, when, zone=_zone(choices), **_purchase(choices)))
        else:
            log.append(event(number, kind, pair, when, zone=_zone(choices), **_details(kind, choices)))
    return log


def _purchase(choices: list[int]) -> dict[str, Any]:
    brand = choices[0] % 3
    return {
        "name": f"Pair {choices[1] % 9}",
        "color": COLORS[choices[2] % len(COLORS)],
        "material": MATERIALS[choices[3] % len(MATERIALS)],
        "purchase_price": f"{choices[4]}.{choices[5] % 100:02}",
        "manufacturer_id": brand + 1,
        "brand": BRANDS[brand],
        "collaborator": [None, "Artist"][choices[6] % 2],
        # Records from before these were kept lack them.
        **(_particulars(choices) if choices[7] % 4 else {}),
    }


def _particulars(choices: list[int]) -> dict[str, Any]:
    return {
        "currency": CURRENCIES[choices[0] % 3],
        "size": [None, "42", "US 9½"][choices[1] % 3],
        "note": [None, "Too small"][choices[2] % 2],
        "photo": PHOTOS[choices[3] % 3],
    }


def _zone(choices: list[int]) -> timedelta:
    return ZONES[choices[7] % len(ZONES)]


def _details(kind: str, choices: list[int]) -> dict[str, Any]:
    if kind == "sold":
        return {"sale_price": f"{choices[0]}.{choices[1] % 100:02}"}
    return {"recipient": [None, "Ann", "Bo"][choices[0] % 3]} if kind == "given" else {}


def _edit(number: int, target: Event, when: datetime, choices: list[int]) -> Event:
    kind = target["type"]
    wanted = _purchase(choices[1:] + choices[:1]) if kind == "bought" else _details(kind, choices)
    changes = {name: value for place, (name, value) in enumerate(wanted.items()) if choices[place % 8] % 2}
    if not BRAND & changes.keys() or choices[6] % 3:
        # As the app does it. Its older records left out what was the same before, and the day.
        changes = {name: value for name, value in changes.items() if name not in BRAND}
        if kind == "bought" and choices[5] % 2:
            changes |= {name: wanted[name] for name in BRAND}
    if choices[7] % 3 == 0 or not changes:
        changes["event_time"] = when.isoformat()
        if choices[4] % 3:
            changes["event_date"] = (when + _zone(choices)).date().isoformat()
    details = {"target_event_id": target["event_id"], "changes": changes}
    return event(number, "edited", target["sneaker_id"], START, **details)
