"""Whose groups and events the lake holds: the simulator's, or those of an API. The two must never be mixed."""

from __future__ import annotations

import json

from tributary.assets.meetup.arrivals import ORIGIN
from tributary.assets.meetup.errors import MeetupPullError
from tributary.resources.lake.model import Lake


def claim(lake: Lake, origin: str) -> None:
    """Note that what is pulled comes from `origin`, before anything is.

    Raises:
        MeetupPullError: the lake holds what was pulled from elsewhere.
    """
    held = held_origin(lake)
    if held is None:
        lake.put(ORIGIN, json.dumps({"origin": origin}).encode() + b"\n")
    elif held != origin:
        raise MeetupPullError(
            f"The lake holds what was pulled from {held}, and now {origin} would be asked; to begin anew with it, "
            "delete what lies under meetup/raw/ in the lake, and the tables staged.meetup_* in the warehouse."
        )


def held_origin(lake: Lake) -> str | None:
    """From where what the lake holds was pulled; None where nothing was.

    Raises:
        MeetupPullError: the note of it cannot be read.
    """
    if lake.head(ORIGIN) is None:
        return None
    try:
        return str(json.loads(lake.get(ORIGIN))["origin"])
    except (ValueError, KeyError, TypeError):
        raise MeetupPullError(
            f"{lake.url(ORIGIN)} does not say any more from where the lake's groups and events were pulled; write "
            'it anew: {"origin": "…"}, with the address of the API, or "simulator".'
        ) from None
