"""Pulls the events of many days: a ranged query a group and year, its pages, and one object a day in the lake.

The number of calls grows with groups, years and pages, and not with days. Years are pulled one after the other, so that
what failed in the middle keeps the years before. An object's bytes follow from what Meetup says alone.

A group that is gone cannot be asked any more: of its events, what was pulled before stays in the objects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import groupby
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from assets.meetup.arrivals import event_key, event_objects
from assets.meetup.canonical import joined, line_of, lines_of, node_of
from assets.meetup.partitions import DAY
from assets.meetup.snapshots import KnownGroup, ever_seen
from resources.lake.model import Lake
from resources.lake.parallel import in_order
from resources.meetup.client import MeetupClient, local_date
from resources.meetup.errors import MeetupGroupGoneError, MeetupUsageError
from resources.meetup.paging import Node

CALLERS = 4
"""Groups asked at the same time; the rate limit counts them together."""

PUTS = 8
"""Objects put at the same time: a put returns when it is durable, which is a wait that several can share."""

_GROUPS_AHEAD = 8
_OBJECTS_AHEAD = 64
_QUOTED = 5


@dataclass(frozen=True)
class PulledYear:
    """What became of some days of one calendar year.

    Attributes:
        days: the days, all of them done.
        groups: groups that were asked.
        events: by day, the events in its object.
        changed: objects that were put, as their bytes are others than before.
        bytes: of all their objects.
        sha256: of the objects' keys and bytes.
        gone: names of groups that are gone.
        undated: ids of some events that cannot be put to a day, as Meetup gives no start that could be read.
    """

    days: tuple[date, ...]
    groups: int
    events: Mapping[date, int]
    changed: int
    bytes: int
    sha256: str
    gone: tuple[str, ...]
    undated: tuple[str, ...]


@dataclass
class _Answers:
    """What the groups answered: lines by day and event, the groups ever known, those that answered, and those gone."""

    lines: dict[date, dict[str, bytes]]
    known: set[str]
    asked: set[str] = field(default_factory=set)
    gone: list[str] = field(default_factory=list)
    undated: list[str] = field(default_factory=list)

    def take(self, node: Node) -> None:
        try:
            day = local_date(node)
        except MeetupUsageError:
            day = None
        if day is None:
            self.undated.append(node["id"])
        elif day in self.lines:
            # Two groups that hold an event together both tell of it.
            self.lines[day].setdefault(str(node.get("token") or node["id"]), line_of(node))


def years_of(days: Iterable[date]) -> list[tuple[date, ...]]:
    """The days by calendar year."""
    return [tuple(found) for _, found in groupby(sorted(days), key=lambda day: day.year)]


def pull_year(client: MeetupClient, lake: Lake, groups: Sequence[KnownGroup], days: Sequence[date]) -> PulledYear:
    """Pull some days, in ascending order, and put their objects; a day without events has an empty one.

    Raises:
        MeetupError: some page could not be had; no object is put then.
        LakeError: the lake refused; each object is the old one or the new one.
    """
    answers = _asked(client, groups, ever_seen(lake), days)
    digest = hashlib.sha256()
    events: dict[date, int] = {}
    changed = size = 0
    held = _held(lake, days)
    made = ((day, _merged(answers, answers.lines[day], held.get(day))) for day in days)
    for day, data, is_new in in_order(lambda one: _put(lake, held, *one), made, threads=PUTS, ahead=_OBJECTS_AHEAD):
        digest.update(f"{event_key(day)} {hashlib.sha256(data).hexdigest()}\n".encode())
        events[day] = data.count(b"\n")
        changed, size = changed + is_new, size + len(data)
    return PulledYear(
        days=tuple(days),
        groups=len(answers.asked),
        events=events,
        changed=changed,
        bytes=size,
        sha256=digest.hexdigest(),
        gone=tuple(answers.gone),
        undated=tuple(answers.undated[:_QUOTED]),
    )


def _asked(client: MeetupClient, groups: Sequence[KnownGroup], known: set[str], days: Sequence[date]) -> _Answers:
    first, last = days[0], days[-1]
    answers = _Answers({day: {} for day in days}, known)

    def ask(group: KnownGroup) -> tuple[KnownGroup, list[Node] | None]:
        zone = _zone(group.timezone)
        begin = datetime.combine(first, time(), tzinfo=zone)
        if group.founded is not None:
            begin = max(begin, group.founded - DAY)
        try:
            return group, client.events(group.urlname, begin, datetime.combine(last + DAY, time(), tzinfo=zone))
        except MeetupGroupGoneError:
            return group, None

    there = [group for group in groups if group.founded is None or group.founded.date() - DAY <= last]
    for group, nodes in in_order(ask, there, threads=CALLERS, ahead=_GROUPS_AHEAD):
        if nodes is None:
            answers.gone.append(group.urlname)
            continue
        answers.asked.add(group.id)
        for node in nodes:
            answers.take(node)
    return answers


def _held(lake: Lake, days: Sequence[date]) -> Mapping[date, bytes]:
    """The objects that these days have already."""
    wanted = set(days)
    found = {info.key: day for day, info in event_objects(lake, days[0], days[-1]) if day in wanted}
    return {found[key]: data for key, data in lake.get_many(list(found))}


def _merged(answers: _Answers, lines: Mapping[str, bytes], held: bytes | None) -> bytes:
    """The day's object: what was answered, and of groups that could not be asked what it held before."""
    kept = dict(lines)
    for line in lines_of(held) if held else ():
        node = node_of(line)
        group = (node.get("group") or {}).get("id")
        # An event that several groups hold may name one that was never known, and goes when those that told of it do.
        if group in answers.known and group not in answers.asked:
            kept.setdefault(str(node.get("token") or node["id"]), line)
    return joined(kept.items())


def _put(lake: Lake, held: Mapping[date, bytes], day: date, data: bytes) -> tuple[date, bytes, bool]:
    if held.get(day) == data:
        return day, data, False
    lake.put(event_key(day), data)
    return day, data, True


def _zone(name: str | None) -> ZoneInfo:
    """The group's zone; UTC where there is none of the name, as the client asks for a day more on either side."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def pulled_days(lake: Lake) -> Iterator[date]:
    """The days that have an object, in order."""
    return (day for day, _ in event_objects(lake))
