"""What is read from the form app's database, and up to which event it is whole.

The app's tables: `sneakers.sneaker_events` (the truth), and `sneakers.sneakers` and `sneakers.manufacturers`, which
follow from it. This is the one place that knows their columns.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from tributary.assets.sneakers.errors import SneakerPullError
from tributary.resources.app_database import AppDatabase

PATIENCE_SECONDS = 60.0
"""The app lets no transaction go on for longer than half of this."""

_LOOK_SECONDS = 0.02
_EVENTS = "sneakers.sneaker_events"
_TIME = '\'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\''

STATE_QUERIES = {
    "sneakers": f"""
        SELECT sneaker_id, name, color, material, purchase_price::text AS purchase_price,
            purchased_on::text AS purchased_on, manufacturer_id,
            to_char(created_at AT TIME ZONE 'UTC', {_TIME}) AS created_at,
            to_char(sold_at AT TIME ZONE 'UTC', {_TIME}) AS sold_at, sale_price::text AS sale_price,
            to_char(trashed_at AT TIME ZONE 'UTC', {_TIME}) AS trashed_at,
            to_char(given_at AT TIME ZONE 'UTC', {_TIME}) AS given_at, to_jsonb(pair) ->> 'left_on' AS left_on,
            to_jsonb(pair) ->> 'currency' AS currency, to_jsonb(pair) ->> 'size' AS size,
            to_jsonb(pair) ->> 'note' AS note, to_jsonb(pair) ->> 'photo' AS photo
        FROM sneakers.sneakers AS pair ORDER BY sneaker_id
    """,
    "manufacturers": "SELECT manufacturer_id, name, collaborator FROM sneakers.manufacturers ORDER BY manufacturer_id",
}
"""By state table, the query of its rows in their order; prices, days and times are texts, exact in every reader.

Of a database whose app has not been started since it keeps them, days and what a pair is like beside are null.
"""


def newest_event(app: AppDatabase) -> int | None:
    """The id of the newest event, 0 before the first; None while the app has not made its tables yet.

    Raises:
        AppDatabaseError: the database cannot be read.
    """
    with app.snapshot() as snapshot:
        if not snapshot.row("SELECT to_regclass(%s) IS NOT NULL AS there", (_EVENTS,))["there"]:
            return None
        newest: int = snapshot.row(f"SELECT coalesce(max(event_id), 0) AS newest FROM {_EVENTS}")["newest"]
        return newest


def settled_event(app: AppDatabase, patience: float = PATIENCE_SECONDS) -> int | None:
    """Like `newest_event`, but no event of a lower id can become visible any more.

    A transaction takes its event's id before it commits, so that a lower id may appear after a higher one. But it holds
    a lock on the table from before it takes the id until its end; so once everybody who held that lock after the
    newest event was seen is done, what is below that event is whole.

    Raises:
        SneakerPullError: a transaction that writes events goes on for longer than `patience` seconds.
        AppDatabaseError: the database cannot be read.
    """
    newest = newest_event(app)
    writing = set(_writers(app)) if newest else set()
    deadline = time.monotonic() + patience
    while writing:
        if time.monotonic() > deadline:
            raise SneakerPullError(
                f"A transaction that writes to {_EVENTS} has been open for {patience:g} seconds, so that events may be "
                "missing below the newest one; end it, and pull again."
            )
        time.sleep(_LOOK_SECONDS)
        writing &= set(_writers(app))
    return newest


def events_between(app: AppDatabase, after: int, up_to: int) -> Iterator[dict[str, Any]]:
    """The events with `after` < event_id <= `up_to` in the order of their ids, as a stream; details are JSON text.

    Raises:
        AppDatabaseError: the database cannot be read.
    """
    return app.rows(
        f"""
        SELECT event_id, type, sneaker_id, to_jsonb(event) ->> 'event_date' AS event_date,
            to_char(event_time AT TIME ZONE 'UTC', {_TIME}) AS event_time,
            to_char(recorded_at AT TIME ZONE 'UTC', {_TIME}) AS recorded_at, details::text AS details
        FROM {_EVENTS} AS event WHERE event_id > %s AND event_id <= %s ORDER BY event_id
        """,
        (after, up_to),
    )


def _writers(app: AppDatabase) -> Iterator[str]:
    rows = app.rows(
        """
        SELECT virtualtransaction AS writer FROM pg_locks
        WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted AND relation = to_regclass(%s)
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """,
        (_EVENTS,),
    )
    return (row["writer"] for row in rows)
