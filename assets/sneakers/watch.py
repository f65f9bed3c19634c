"""Decides whether there are events to pull. Pure: what it knows is handed to it.

The state is the newest event in the app's database and in the lake. The memory only gives patience (what was asked for
lately); losing it loses nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from tributary.assets.automation.memory import check_past, memory, read_memory
from tributary.assets.automation.patience import patience


@memory
@dataclass(frozen=True)
class Memory:
    """What is remembered: the newest event that was asked for, how often, and when (in epoch seconds)."""

    asked: int = 0
    attempts: int = 0
    asked_at: float = 0.0

    def dumps(self) -> str:
        """As a sensor's cursor."""
        return json.dumps(asdict(self))

    @staticmethod
    def loads(cursor: str | None) -> Memory:
        """From a sensor's cursor, if there is one.

        Raises:
            ValueError: it is no such memory.
        """
        if not cursor:
            return Memory()
        found = read_memory(Memory, cursor)
        check_past(found.asked_at)
        return found


class Decision(NamedTuple):
    """How many events' ids are new, 0 where nothing is to be asked for; what to remember, and the reason in words."""

    new: int
    memory: Memory
    reason: str


def decide(newest: int | None, held: int, memory: Memory, now: datetime) -> Decision:
    """Whether to pull, where the app's newest event is `newest` (None without tables) and the lake holds up to `held`.

    The same events are not asked for twice in a row without patience in between, which doubles with each attempt: a run
    that failed will mostly fail again.
    """
    if newest is None:
        return Decision(0, Memory(), "The form app has not made its tables yet; it does so when it is first started.")
    if newest < held:
        return Decision(
            0,
            Memory(),
            f"The lake holds events up to {held:,}, but the app's database ends at {newest:,}: another one?",
        )
    if newest == held:
        return Decision(0, Memory(), f"Every event was pulled, up to event {held:,}.")
    attempts = memory.attempts if memory.asked == newest else 0
    if attempts and timedelta(seconds=now.timestamp() - memory.asked_at) < patience(attempts):
        return Decision(
            0, memory, f"Events up to {newest:,} were asked for already and are not pulled; tried again later."
        )
    asked = Memory(newest, attempts + 1, now.timestamp())
    return Decision(newest - held, asked, f"Events above {held:,}, up to {newest:,}, are new.")
