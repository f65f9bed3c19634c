"""Pulls new events from the app's database into the lake, in objects of bounded size.

What is new is what lies above the newest event in the lake. So a pull that was killed anywhere is made good by the next
one: an object is there whole or not at all, and nothing else remembers how far pulls came.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tributary.assets.sneakers.arrivals import held_event, is_whole, key_of, last_key, mark, objects, span_of
from tributary.assets.sneakers.errors import SneakerPullError
from tributary.assets.sneakers.reading import events_between, settled_event
from tributary.resources.app_database import AppDatabase
from tributary.resources.lake.model import Lake

PIECE = 50_000
"""Events an object at most: some 15 MB."""


@dataclass(frozen=True)
class Pulled:
    """What a pull did: the objects and events that are new, their bytes, and the newest event that the lake holds.

    `there` says whether the app has made its tables.
    """

    keys: tuple[str, ...]
    events: int
    bytes: int
    newest: int
    there: bool


def pull_events(app: AppDatabase, lake: Lake, *, piece: int = PIECE, mend: bool = False) -> Pulled:
    """Bring every event that the lake does not hold into it, at most `piece` an object.

    With `mend` all objects that are there are looked at, and those that are damaged are made again.

    Raises:
        SneakerPullError: the lake holds events that the database does not have, or the database does not settle.
        AppDatabaseError: the database cannot be read.
    """
    held = held_event(lake)
    settled = settled_event(app)
    if settled is None:
        return Pulled((), 0, 0, held, there=False)
    refuse_other_log(held, settled)
    keys = _mend(app, lake) if mend else []
    refuse_rewritten_log(app, lake, held)
    count = size = 0
    if settled > held:
        for rows in _pieces(events_between(app, held, settled), piece):
            data = b"".join(map(line_of, rows))
            keys.append(key_of(rows[0]["event_id"], rows[-1]["event_id"]))
            lake.put(keys[-1], data)
            count, size = count + len(rows), size + len(data)
    last = last_key(lake)
    if keys and last:
        mark(lake, last)
    return Pulled(tuple(keys), count, size, held_event(lake), there=True)


def _mend(app: AppDatabase, lake: Lake) -> list[str]:
    """Make damaged objects again, under their keys, which are returned."""
    damaged = [key for key, data in lake.get_many(objects(lake), concurrency=1) if not is_whole(key, data)]
    for key in damaged:
        span = span_of(key)
        data = b"".join(map(line_of, events_between(app, span.first - 1, span.last))) if span else b""
        if not is_whole(key, data):
            raise SneakerPullError(
                f"{lake.url(key)} is damaged, and the app's database does not hold its events any more: delete it, and "
                "materialise staged.sneaker_events with --force to go on without them."
            )
        lake.put(key, data)
    return damaged


def refuse_other_log(held: int, newest: int) -> None:
    """Refuse a database that cannot be the one from which the lake's events came.

    Raises:
        SneakerPullError: its newest event is older than the lake's.
    """
    if newest < held:
        raise SneakerPullError(
            f"The lake holds sneaker events up to {held}, but the app's database ends at {newest}, so it is another "
            "one or was restored: point TRIBUTARY_POSTGRES_URL at the right server, or delete the objects under "
            "sneakers/raw/ to begin anew."
        )


def refuse_rewritten_log(app: AppDatabase, lake: Lake, held: int) -> None:
    """Refuse a database whose event `held` is another one than the lake's: ids were given again after a restore.

    Raises:
        SneakerPullError: it is.
    """
    last = last_key(lake)
    if last is None:
        return
    there = b"".join(map(line_of, events_between(app, held - 1, held)))
    if _told(there) != _told(lake.get(last).splitlines()[-1]):
        raise SneakerPullError(
            f"Event {held} of the app's database is another one than the lake's, so the database was restored or made "
            "anew: delete the objects under sneakers/raw/ and the table staged.sneaker_events to begin anew."
        )


def line_of(event: Mapping[str, Any]) -> bytes:
    """An event as a line of JSON; the same bytes for the same event, whenever it is read."""
    head = json.dumps({key: event[key] for key in event if key != "details"}, ensure_ascii=False)
    # The database's own text of the details goes in as it is, so that no number or text passes through another reader.
    return f'{head[:-1]}, "details": {event["details"]}}}\n'.encode()


def _told(line: bytes) -> object:
    """What the app never adds to, of an event: the day was not kept from the beginning."""
    try:
        event = json.loads(line)
    except ValueError:
        return line
    return [event.get(name) for name in ("event_id", "type", "sneaker_id", "recorded_at", "details")]


def _pieces(rows: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    stream = iter(rows)
    while piece := list(islice(stream, size)):
        yield piece
