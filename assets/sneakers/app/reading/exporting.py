"""All events as a file that can be brought in again: exact, in the order of recording.

CSV has a column for each of `COLUMNS`; JSON is `{"format": FORMAT, "events": [...], "photos": {...}}`, an event an
object of the same names, and each photo by its SHA-256 as JPEG in base64 (RFC 4648). Details are JSON, times ISO 8601
in UTC. Tokens and digests are those of the forms that recorded the events: by them an event is known again.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tributary.assets.sneakers.app.models import Photo, SneakerEvent

FORMAT = "sneaker events 1"
"""The kind of file and its version."""

COLUMNS = (
    "event_id",
    "type",
    "sneaker_id",
    "event_date",
    "event_time",
    "recorded_at",
    "details",
    "request_token",
    "request_digest",
)


def events_csv(session: Session) -> str:
    """All events as CSV (RFC 4180); no cell begins like a formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for event in _events(session):
        writer.writerow(event | {"details": json.dumps(event["details"], ensure_ascii=False)})
    return text.getvalue()


def events_json(session: Session) -> str:
    """All events and photos as JSON."""
    photos = session.execute(select(Photo.sha256, Photo.image).order_by(Photo.sha256))
    told = {
        "format": FORMAT,
        "events": list(_events(session)),
        "photos": {sha256: base64.b64encode(image).decode() for sha256, image in photos},
    }
    return json.dumps(told, ensure_ascii=False, indent=1)


def _events(session: Session) -> Iterator[dict[str, Any]]:
    for row in session.scalars(select(SneakerEvent).order_by(SneakerEvent.event_id)):
        yield {
            "event_id": row.event_id,
            "type": row.type,
            "sneaker_id": row.sneaker_id,
            "event_date": row.event_date.isoformat(),
            "event_time": _time(row.event_time),
            "recorded_at": _time(row.recorded_at),
            "details": row.details,
            "request_token": str(row.request_token),
            "request_digest": row.request_digest,
        }


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
