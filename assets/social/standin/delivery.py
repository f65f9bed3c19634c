"""How actions reach the collector: when they happened, were sent and received; late, skewed and out of order for some.

Every time here is in milliseconds since 1970, UTC, by the right clock; wrong clocks are added where a message is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from tributary.assets.social.standin.actions import Action, Visit
from tributary.assets.social.standin.people import Person
from tributary.assets.social.standin.rhythm import HOUR_MS, Rhythm

LATE_VISITS, OUT_OF_ORDER_IDENTIFIES = 24, 8

_LATE_UP_TO_SHARE = 0.6
_LATE_HOURS = (2, 30)
_MINUTE_MS = 60_000


@dataclass(slots=True)
class Call:
    """One action with its times; `late` where it was held back."""

    person: Person
    action: Action
    at_ms: int
    sent_ms: int
    received_ms: int
    late: bool = False


def deliver(visits: Iterable[Visit], rhythm: Rhythm, rng: Random) -> list[Call]:
    """All calls in the order in which they were received."""
    visits = list(visits)
    late = _late_visits(visits, rng)
    calls: list[Call] = []
    for visit in visits:
        begin = rhythm.at(visit.position)
        hold = _hold(begin, rhythm.end_ms, rng) if visit.number in late else 0
        calls += _calls(visit, begin, hold, rng)
    _reorder_identifies(calls, rhythm.end_ms, rng)
    calls.sort(key=lambda call: call.received_ms)
    return calls


def _late_visits(visits: list[Visit], rng: Random) -> set[int]:
    """Visits on a phone without a network, early enough that there is time to come late."""
    eligible = [
        visit.number for visit in visits[: int(len(visits) * _LATE_UP_TO_SHARE)] if visit.person.device.is_phone
    ]
    return set(rng.sample(eligible, min(LATE_VISITS, len(eligible))))


def _hold(begin: int, end: int, rng: Random) -> int:
    """How long a visit that begins at `begin` is held back so that it arrives before `end`."""
    longest = min(_LATE_HOURS[1] * HOUR_MS, int((end - begin) * 0.8))
    return int(rng.uniform(min(_LATE_HOURS[0] * HOUR_MS, longest), longest))


def _calls(visit: Visit, begin: int, hold: int, rng: Random) -> list[Call]:
    batched = 30_000 if visit.person.device.is_phone else 600
    sent_late = begin + int(visit.actions[-1].seconds * 1000) + hold
    calls = []
    for action in visit.actions:
        at = begin + int(action.seconds * 1000)
        sent = sent_late if hold else at + int(batched * rng.random()) + 5
        calls.append(Call(visit.person, action, at, sent, sent + rng.randint(30, 400), hold > 0))
    return calls


def _reorder_identifies(calls: list[Call], end: int, rng: Random) -> None:
    """Let some members' identify call arrive after their next one, which was made later."""
    identifies: dict[int, list[Call]] = defaultdict(list)
    for call in calls:
        if call.action.kind == "identify":
            identifies[call.person.number].append(call)
    eligible = [
        (earlier, later)
        for made in identifies.values()
        for earlier, later in pairwise(made)
        if not (earlier.late or later.late) and later.received_ms + HOUR_MS < end
    ]
    chosen: set[int] = set()
    for earlier, later in rng.sample(eligible, len(eligible)):
        if len(chosen) == OUT_OF_ORDER_IDENTIFIES:
            break
        if earlier.person.number in chosen:
            continue
        chosen.add(earlier.person.number)
        earlier.sent_ms = later.received_ms + rng.randint(5 * _MINUTE_MS, 45 * _MINUTE_MS)
        earlier.received_ms = earlier.sent_ms + rng.randint(30, 400)
        earlier.late = True
