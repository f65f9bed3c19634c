"""Events that stand in for real ones, until some were sent: delete this module, and `services` in the source."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tributary.cli.templates.events.source import ARRIVING, EVENT
from tributary.sdk import Sampled, SampleWanted, Services, Settings, Told, open_drop

PROPERTIES: tuple[dict[str, Any], ...] = ({"label": "first", "amount": 12.5}, {"amount": "3.00"}, {"amount": "much"})


def messages(moment: datetime) -> bytes:
    """Events of a moment as the stream would deliver them; one has an amount that cannot be, one is another's."""
    own: dict[str, Any] = {"type": "track", "event": EVENT, "userId": "somebody", "timestamp": moment.isoformat()}
    told = [{**own, "messageId": f"standin-{at}", "properties": one} for at, one in enumerate(PROPERTIES)]
    other = {"type": "page", "name": "Somewhere", "messageId": "standin-page", "anonymousId": "nobody"}
    return "".join(map(json.dumps, [*told, other])).encode()


def _sample(settings: Settings, _wanted: SampleWanted, _told: Told) -> Sampled | None:
    arriving = open_drop(settings, ARRIVING.prefix, read_only=False)
    if next(iter(arriving.list("")), None) is not None:
        return None
    now = datetime.now(UTC)
    key = f"{now:%Y/%m/%d/%H}/standin"
    arriving.put(key, messages(now))
    return Sampled(made=True, sentence=f"Put events that stand in for real ones into {arriving.url(key)}.")


SERVICES = Services(sample=_sample)
