"""The root of the graph: what `groupSearch`, `groupByUrlname` and `group` answer at a moment.

Bounds of events are taken as moments, and excluded. A search looks for its words in names and topics, and tells at most
`search_cap` groups, page by page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tributary.assets.meetup.api.circles import distance_miles
from tributary.assets.meetup.standin.connections import connection, refused, results
from tributary.assets.meetup.standin.founding import Group
from tributary.assets.meetup.standin.meeting import Meeting
from tributary.assets.meetup.standin.views import event_token, event_view, group_view
from tributary.assets.meetup.standin.world import World

DEFAULT_RADIUS = 25.0
"""Miles, as the schema says."""

_FAR = 32_503_680_000.0
"""The year 3000, after everything."""


@dataclass(frozen=True)
class Caps:
    """What the server gives at the most: nodes in a page, and groups of one search."""

    page: int = 50
    search: int = 200


class Root:
    """The root at a moment, for the executors in `execution`."""

    def __init__(self, world: World, now: datetime, caps: Caps) -> None:
        self._world = world
        self._now = now
        self._moment = now.timestamp()
        self._caps = caps
        self._nodes: dict[int, dict[str, Any]] = {}

    def value(self) -> dict[str, Any]:
        """The root value."""
        return {
            "group": lambda _info, id: self._node(self._world.by_id.get(id)),  # noqa: A006 - the schema's name
            "groupByUrlname": lambda _info, urlname: self._node(self._world.by_urlname(self._now).get(urlname)),
            "groupSearch": self._group_search,
        }

    def _group_search(
        self,
        _info: Any,
        filter: Mapping[str, Any],  # noqa: A002 - the schema's name
        first: int | None = None,
        after: str | None = None,
    ) -> dict[str, Any]:
        words = filter["query"].lower().split()
        radius = DEFAULT_RADIUS if filter.get("radius") is None else filter["radius"]
        found = [
            group
            for group in self._world.groups
            if self._world.visible(group, self._now)
            and distance_miles(filter["lat"], filter["lon"], group.lat, group.lon) <= radius
            and _speaks_of(group, words, self._now)
        ]
        return results(found[: self._caps.search], self._known, first, after, self._caps.page)

    def _node(self, group: Group | None) -> dict[str, Any] | None:
        return self._known(group) if group is not None and self._world.visible(group, self._now) else None

    def _known(self, group: Group) -> dict[str, Any]:
        node = self._nodes.get(group.number)
        if node is None:
            node = group_view(group, self._now)
            node["events"] = lambda _info, **arguments: self._events(group, **arguments)
            self._nodes[group.number] = node
        return node

    def _events(
        self,
        group: Group,
        filter: Mapping[str, Any] | None = None,  # noqa: A002 - the schema's name
        first: int | None = None,
        after: str | None = None,
        sort: str | None = None,
    ) -> dict[str, Any]:
        wanted = filter or {}
        span = _moment(wanted, "afterDateTime", float("-inf")), _moment(wanted, "beforeDateTime", _FAR)
        statuses: Sequence[str] = wanted.get("status") or ("ACTIVE",)
        found = [
            meeting
            for meeting in self._world.timeline(group, self._now).between(*span)
            if meeting.created <= self._moment and meeting.status(self._moment) in statuses
        ]
        if sort == "DESC":
            found.reverse()
        node = self._known(group)

        def view(meeting: Meeting) -> dict[str, Any]:
            return event_view(group, meeting, node, self._now)

        return connection(found, event_token, view, first, after, self._caps.page)


def _speaks_of(group: Group, words: Sequence[str], now: datetime) -> bool:
    text = " ".join((group.name_on(now.date()), *group.topics)).lower()
    return all(word in text for word in words)


def _moment(wanted: Mapping[str, Any], name: str, default: float) -> float:
    value = wanted.get(name)
    if value is None:
        return default
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise refused(f"{name} is no ISO 8601 time") from None
    if moment.tzinfo is None:
        raise refused(f"{name} has no time zone")
    return moment.timestamp()
