"""Reads back what a sensor remembered from look to look."""

from __future__ import annotations

import time
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, with_config

T = TypeVar("T")

memory = with_config(ConfigDict(extra="forbid", allow_inf_nan=False))
"""Decorates a dataclass that `read_memory` reads: fields that it does not know are of another version."""

_DAY_SECONDS = 86_400.0


def read_memory(kind: type[T], cursor: str) -> T:
    """A memory of a dataclass or a mapping, from its JSON.

    Raises:
        ValueError: it has another shape, or holds what is no number.
    """
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    found: T = adapter.validate_json(cursor)
    return found


def check_past(*moments: float) -> None:
    """Refuse moments (seconds since the epoch) that are to come: nothing would be looked at until then.

    Raises:
        ValueError: one is more than a day ahead, or before the epoch.
    """
    for moment in moments:
        if not 0 <= moment <= time.time() + _DAY_SECONDS:
            raise ValueError(f"{moment:g} is no moment that a sensor can have seen")
