"""The network going on after the sample: an endless, gentle stream of messages of the same people.

Only what is said and how long to wait belongs here; sending it to a collector does not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tributary.assets.social.standin.actions import Visit
from tributary.assets.social.standin.chance import stream
from tributary.assets.social.standin.make import DEFAULT_DAYS, SampleError
from tributary.assets.social.standin.messages import iso, message_of
from tributary.assets.social.standin.story import Story

MAX_RATE = 1000.0
_VISITORS_AT_ONCE = 8
_LONGEST_WAIT = 8.0
"""The longest pause, as a multiple of the mean one."""


def live_events(
    seed: int, start: datetime, *, rate: float = 1.0, days: int = DEFAULT_DAYS
) -> Iterator[tuple[float, dict[str, Any]]]:
    """Messages of the members of the sample of `seed` and `days`, without end, each with the seconds to wait before it.

    A message is what Segment's libraries send: it has its id, its caller, its channel, and a `timestamp`, which is
    `start` plus all waits so far; what a collector adds is missing. Messages share parts, so they are to be read only.
    `rate` is the mean number of messages a second. People go on from where the sample's story ended: they unfollow whom
    they follow, and like posts that are there.

    The same arguments give the same stream; another start gives other messages, with ids of their own. Telling the
    story once more takes about a second before the first message.

    Raises:
        SampleError: the rate is out of range or the start has no time zone.
    """
    if not 0 < rate <= MAX_RATE:
        raise SampleError(f"The live stream cannot send {rate:g} messages a second: give a number up to {MAX_RATE:g}.")
    if start.tzinfo is None:
        raise SampleError(f"The live stream cannot start at {start}: give a time with its time zone.")
    return _stream(Story(seed, days), stream(seed, "live", days, start.timestamp()), start, 1 / rate)


def _stream(story: Story, rng: Random, start: datetime, mean: float) -> Iterator[tuple[float, dict[str, Any]]]:
    deque(story.visits(), maxlen=0)
    present: deque[tuple[Visit, int]] = deque()
    now = start
    while True:
        while len(present) < _VISITORS_AT_ONCE:
            present.append((story.visit(rng), 0))
        # In turns, so that no visit is so slow that others have seen what it has yet to say.
        visit, done = present.popleft()
        wait = min(rng.expovariate(1 / mean), _LONGEST_WAIT * mean)
        now += timedelta(seconds=wait)
        at_ms = int(now.timestamp() * 1000)
        message = message_of(visit.actions[done], visit.person, at_ms, rng)
        yield wait, message | {"timestamp": iso(at_ms), "channel": visit.person.device.channel}
        if done + 1 < len(visit.actions):
            present.append((visit, done + 1))
