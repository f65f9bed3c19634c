"""Objects that stand in for real ones, where none is: delete this module, and `services` in the source."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tributary.cli.templates.json_objects.source import ARRIVING
from tributary.sdk import Sampled, SampleWanted, Services, Settings, Told, open_drop

RECORDS = (
    {"id": "1", "at": "09:30:00+00:00", "about": {"label": "first"}, "amount": 12.5},
    {"id": "2", "at": "17:00:00+00:00", "amount": "3.00"},
    {"id": "3", "at": "yesterday"},
)


def lines(day: datetime) -> bytes:
    """The records of a day; one of them has no time that can be."""
    told = [{**one, "id": f"{day:%m%d}-{one['id']}", "at": f"{day:%Y-%m-%d}T{one['at']}"} for one in RECORDS]
    return "".join(f"{json.dumps(one)}\n" for one in told).encode()


def _sample(settings: Settings, _wanted: SampleWanted, _told: Told) -> Sampled | None:
    arriving = open_drop(settings, ARRIVING.prefix, read_only=False)
    if next(iter(arriving.list("")), None) is not None:
        return None
    today = datetime.now(UTC)
    key = f"{today:%Y/%m/%d}.jsonl"
    arriving.put(key, lines(today))
    return Sampled(made=True, sentence=f"Put an object that stands in for real ones, {arriving.url(key)}.")


SERVICES = Services(sample=_sample)
