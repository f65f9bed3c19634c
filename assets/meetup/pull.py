"""Pulls the events of many days: a ranged query a group and year, its pages, and one object a day in the lake.

The number of calls grows with groups, years and pages, and not with days. Years are pulled one after the other, so that
what failed in the middle keeps the years before. An object's bytes follow from what Meetup says alone.

Of a group that is gone, or does not answer in full, what was pulled before stays in the objects. An event that a group
which does answer does not list any more leaves its day's object, and is kept aside as it last was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from tributary.assets.meetup.api.client import MeetupClient
from tributary.assets.meetup.arrivals import EVENTS_BY_DAY, UNDATED_EVENTS, VANISHED_BY_DAY, event_key
from tributary.assets.meetup.asking import Answers, asked, token_of
from tributary.assets.meetup.canonical import filled, joined, line_of, lines_of, node_of
from tributary.assets.meetup.snapshots import KnownGroup, ever_seen
from tributary.resources.lake.model import Lake
from tributary.resources.lake.parallel import in_order

PUTS = 8
"""Objects put at the same time: a put returns when it is durable, which is a wait that several can share."""

_OBJECTS_AHEAD = 64
_QUOTED = 20


@dataclass(frozen=True)
class PulledYear:
    """What became of some days of one calendar year.

    Attributes:
        days: the days, all of them done.
        groups: groups that were asked and answered in full.
        events: by day, the events in its object.
        changed: objects that were put, as their bytes are others than before.
        bytes: of all their objects.
        sha256: of the objects' keys and bytes.
        gone: by name, that a group is gone.
        silent: by name, why a group did not answer, or not in full.
        undated: tokens of some events that cannot be put to a day, as Meetup gives no start that could be read.
        vanished: events that Meetup does not list any more, by day and token.
        failed_fields: of some events, by token, what could not be had; that is as it was before, if it was known.
    """

    days: tuple[date, ...]
    groups: int
    events: Mapping[date, int]
    changed: int
    bytes: int
    sha256: str
    gone: Mapping[str, str]
    silent: Mapping[str, str]
    undated: tuple[str, ...]
    vanished: tuple[tuple[date, str], ...]
    failed_fields: Mapping[str, str]


@dataclass
class _Day:
    """A day's object as it shall be, and the lines that left it."""

    day: date
    data: bytes
    vanished: dict[str, bytes] = field(default_factory=dict)


def years_of(days: Iterable[date]) -> list[tuple[date, ...]]:
    """The days by calendar year."""
    return [tuple(found) for _, found in groupby(sorted(days), key=lambda day: day.year)]


def pull_year(client: MeetupClient, lake: Lake, groups: Sequence[KnownGroup], days: Sequence[date]) -> PulledYear:
    """Pull some days, in ascending order, and put their objects; a day without events has an empty one.

    Raises:
        MeetupError: the token is refused, or no group answered; no object is put then.
        LakeError: the lake refused; each object is the old one or the new one.
    """
    answers = asked(client, groups, ever_seen(lake), days)
    digest = hashlib.sha256()
    events: dict[date, int] = {}
    changed = size = 0
    vanished: list[tuple[date, str]] = []
    held = _held(lake, days)
    # First of all: a day must not lose an event that nothing else has yet.
    _put_undated(lake, answers)
    made = (_merged(answers, day, held.get(day)) for day in days)
    for one, is_new in in_order(lambda one: _put(lake, held, one), made, threads=PUTS, ahead=_OBJECTS_AHEAD):
        digest.update(f"{event_key(one.day)} {hashlib.sha256(one.data).hexdigest()}\n".encode())
        events[one.day] = one.data.count(b"\n")
        changed, size = changed + is_new, size + len(one.data)
        vanished += [(one.day, token) for token in one.vanished]
    return PulledYear(
        days=tuple(days),
        groups=len(answers.asked),
        events=events,
        changed=changed,
        bytes=size,
        sha256=digest.hexdigest(),
        gone=answers.gone,
        silent=answers.silent,
        undated=tuple(list(answers.undated)[:_QUOTED]),
        vanished=tuple(vanished),
        failed_fields={token: ", ".join(names) for token, names in list(answers.failed_fields.items())[:_QUOTED]},
    )


def _held(lake: Lake, days: Sequence[date]) -> Mapping[date, bytes]:
    """The objects that these days have already."""
    wanted = set(days)
    found = {info.key: day for day, info in EVENTS_BY_DAY.between(lake, days[0], days[-1]) if day in wanted}
    return {found[key]: data for key, data in lake.get_many(list(found))}


def _merged(answers: Answers, day: date, held: bytes | None) -> _Day:
    """The day's object: what was answered, and of groups that did not answer in full what it held before."""
    kept = dict(answers.lines[day])
    vanished: dict[str, bytes] = {}
    for line in lines_of(held) if held else ():
        node = node_of(line)
        token = token_of(node)
        if token in kept:
            if token in answers.failed_fields:
                kept[token] = line_of(filled(node_of(kept[token]), node, answers.failed_fields[token]))
            continue
        if token in answers.tokens:
            # It has another day now.
            continue
        group = (node.get("group") or {}).get("id")
        # An event that several groups hold may name one that was never known, and goes when those that told of it do.
        if group in answers.known and group not in answers.asked:
            kept[token] = line
        else:
            vanished[token] = line
    return _Day(day, joined(kept.items()), vanished)


def _put(lake: Lake, held: Mapping[date, bytes], one: _Day) -> tuple[_Day, bool]:
    if held.get(one.day) == one.data:
        return one, False
    if one.vanished:
        _add(lake, VANISHED_BY_DAY.key(one.day), one.vanished)
    lake.put(event_key(one.day), one.data)
    return one, True


def _put_undated(lake: Lake, answers: Answers) -> None:
    """Keep the events that have no day; those that have one by now leave."""
    before = _lines(lake, UNDATED_EVENTS)
    kept = {token: line for token, line in before.items() if token not in answers.tokens} | answers.undated
    if kept != before:
        lake.put(UNDATED_EVENTS, joined(kept.items()))


def _add(lake: Lake, key: str, lines: Mapping[str, bytes]) -> None:
    lake.put(key, joined((_lines(lake, key) | dict(lines)).items()))


def _lines(lake: Lake, key: str) -> dict[str, bytes]:
    """The lines of an object by token; none where it is not there."""
    data = lake.get(key) if lake.head(key) is not None else b""
    return {token_of(node_of(line)): line for line in lines_of(data)}


def pulled_days(lake: Lake) -> Iterator[date]:
    """The days that have an object, in order."""
    return (day for day, _ in EVENTS_BY_DAY.between(lake))
