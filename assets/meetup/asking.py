"""Asks groups for their events of some days, several at a time, and gathers the answers by day.

One group that does not answer, or not in full, harms only itself. What is made of the answers is `pull`'s matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tributary.assets.meetup.api.client import GroupEvents, MeetupClient, local_date
from tributary.assets.meetup.api.errors import MeetupError, MeetupForbiddenError, MeetupGroupGoneError, MeetupUsageError
from tributary.assets.meetup.api.paging import Node
from tributary.assets.meetup.canonical import line_of
from tributary.assets.meetup.partitions import DAY
from tributary.assets.meetup.patience import NOT_ASKED, Patience
from tributary.assets.meetup.snapshots import KnownGroup
from tributary.resources.lake.parallel import in_order

CALLERS = 4
"""Groups asked at the same time; the rate limit counts them together."""

_GROUPS_AHEAD = 8


@dataclass
class Answers:
    """What the groups answered.

    Attributes:
        lines: by day and token, the events.
        undated: by token, the events whose start cannot be read.
        tokens: of all events that were answered, those of other days among them.
        failed_fields: by token, what of an event could not be had.
        known: ids of all groups ever known.
        asked: ids of groups that answered in full: what they do not list any more is gone.
        silent: by name, why a group did not answer, or not in full; of such a group nothing is taken away.
        gone: by name, that a group is gone.
    """

    lines: dict[date, dict[str, bytes]]
    known: set[str]
    undated: dict[str, bytes] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    failed_fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    silent: dict[str, str] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)

    def take(self, group: KnownGroup, found: GroupEvents) -> None:
        """Add the events of a group."""
        for node in found.nodes:
            self._take(node, found.failed.get(node["id"], ()))
        if found.holes:
            self.silent[group.urlname] = f"{found.holes} of its events were not given; those pulled before stay."
        else:
            self.asked.add(group.id)

    def _take(self, node: Node, failed: tuple[str, ...]) -> None:
        token = token_of(node)
        if token in self.tokens:
            # Two groups that hold an event together both tell of it.
            return
        self.tokens.add(token)
        if failed:
            self.failed_fields[token] = failed
        try:
            day = local_date(node)
        except MeetupUsageError:
            day = None
        if day is None:
            self.undated[token] = line_of(node)
        elif day in self.lines:
            self.lines[day][token] = line_of(node)


def token_of(node: Mapping[str, object]) -> str:
    """By what an event is known for ever."""
    return str(node.get("token") or node["id"])


def asked(client: MeetupClient, groups: Sequence[KnownGroup], known: set[str], days: Sequence[date]) -> Answers:
    """The events of some days, in ascending order.

    Raises:
        MeetupError: the token is refused, or no group answered; one that alone does not is named in the answers.
    """
    answers = Answers({day: {} for day in days}, known)
    there = [group for group in groups if group.founded is None or group.founded.date() - DAY <= days[-1]]
    patience = Patience()
    failures: list[MeetupError] = []

    def ask(group: KnownGroup) -> tuple[KnownGroup, GroupEvents | MeetupError | None]:
        if patience.spent:
            return group, None
        try:
            return group, client.events(group.id, *_bounds(group, days[0], days[-1]), urlname=group.urlname)
        except MeetupError as error:
            return group, error

    for group, found in in_order(ask, there, threads=CALLERS, ahead=_GROUPS_AHEAD):
        if found is None:
            answers.silent[group.urlname] = NOT_ASKED
        elif isinstance(found, GroupEvents):
            patience.answered()
            answers.take(group, found)
        elif isinstance(found, MeetupGroupGoneError):
            patience.answered()
            failures.append(found)
            answers.gone[group.urlname] = str(found)
        else:
            patience.failed(found)
            failures.append(found)
            answers.silent[group.urlname] = str(found)
    if failures and not answers.asked and not answers.tokens and not _are_some_closed(failures, groups):
        # Days must not count as pulled of which nobody told anything.
        raise failures[0]
    return answers


def _are_some_closed(failures: Sequence[MeetupError], groups: Sequence[KnownGroup]) -> bool:
    """Whether the groups that were there in these days are merely private or gone, and not all that are known."""
    closed = all(isinstance(one, MeetupForbiddenError | MeetupGroupGoneError) for one in failures)
    return closed and len(failures) < max(2, len(groups))


def _bounds(group: KnownGroup, first: date, last: date) -> tuple[datetime, datetime]:
    zone = _zone(group.timezone)
    begin = datetime.combine(first, time(), tzinfo=zone)
    if group.founded is not None:
        begin = max(begin, group.founded - DAY)
    return begin, datetime.combine(last + DAY, time(), tzinfo=zone)


def _zone(name: str | None) -> ZoneInfo:
    """The group's zone; UTC where there is none of the name, as the client asks for a day more on either side."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
