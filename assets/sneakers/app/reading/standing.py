"""The life events that count, with their corrected day, as a SELECT: what `rules.entries` says, for whole tables."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Date, DateTime, Subquery, cast, exists, func, select
from sqlalchemy.orm import aliased

from tributary.assets.sneakers.app.events import LIFE, EventType
from tributary.assets.sneakers.app.models import SneakerEvent

Edit = aliased(SneakerEvent, name="edit")
Undoing = aliased(SneakerEvent, name="undoing")


@cache
def standing_events() -> Subquery:
    """Rows (event_id, type, sneaker_id, event_date, event_time) of the life events that were not undone."""
    moved = _moved()
    return (
        select(
            SneakerEvent.event_id,
            SneakerEvent.type,
            SneakerEvent.sneaker_id,
            func.coalesce(moved.c.event_date, SneakerEvent.event_date).label("event_date"),
            func.least(
                func.coalesce(moved.c.event_time, SneakerEvent.event_time),
                func.coalesce(moved.c.recorded_at, SneakerEvent.recorded_at),
            ).label("event_time"),
        )
        .outerjoin(moved, moved.c.target_event_id == SneakerEvent.event_id)
        .where(
            SneakerEvent.type.in_(LIFE),
            ~exists().where(Undoing.target_event_id == SneakerEvent.event_id, Undoing.type == EventType.UNDONE),
        )
        .subquery("standing")
    )


def _moved() -> Subquery:
    """The corrected day and time of each event whose day was corrected, by the latest correction which stands."""
    changes = Edit.details["changes"]
    moment = cast(changes["event_time"].astext, DateTime(timezone=True))
    # Corrections of before days were kept name the noon of one.
    day = func.coalesce(cast(changes["event_date"].astext, Date), cast(func.timezone("UTC", moment), Date))
    return (
        select(Edit.target_event_id, Edit.recorded_at, day.label("event_date"), moment.label("event_time"))
        .where(
            Edit.type == EventType.EDITED,
            changes["event_time"].astext.is_not(None),
            ~exists().where(Undoing.target_event_id == Edit.event_id, Undoing.type == EventType.UNDONE),
        )
        .distinct(Edit.target_event_id)
        .order_by(Edit.target_event_id, Edit.event_id.desc())
        .subquery("moved")
    )
