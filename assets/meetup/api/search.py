"""Finds the groups around a place: one search a topic, divided where the server would not tell all, merged by id."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tributary.assets.meetup.api.circles import Circle
from tributary.assets.meetup.api.errors import MeetupError, MeetupUsageError
from tributary.assets.meetup.api.paging import Node, Page, pages

SEARCH_CAP = 200
"""Meetup tells this many results of one search, however many there are."""

LARGEST_RADIUS = 250
"""Miles; circles wider than that could not be divided as if they lay on a plane."""

_MOST_CIRCLES = 200
"""For one topic. A server that calls every answer incomplete must not use up the rate limit of an hour."""

_SMALLEST_MILES = 0.25

_LOOKS = 3
"""So often a circle is searched where less comes than is counted."""


@dataclass(frozen=True)
class Search:
    """What groups are looked for.

    Attributes:
        topics: words to look for, one search each; a group that several find is one group.
        lat: latitude of the place, degrees north.
        lon: longitude of the place, degrees east.
        radius_miles: how far around it, in miles.

    Raises:
        MeetupUsageError: for a search without topics, or a place or radius that is not on earth.
    """

    topics: tuple[str, ...]
    lat: float
    lon: float
    radius_miles: float

    def __post_init__(self) -> None:
        if not self.topics or not all(topic.strip() for topic in self.topics):
            raise MeetupUsageError(f"The topics {list(self.topics)} cannot be searched; name one or more words.")
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180 and 0 < self.radius_miles <= LARGEST_RADIUS):
            raise MeetupUsageError(
                f"There is no search at latitude {self.lat}, longitude {self.lon} within {self.radius_miles} miles; "
                f"give a place in degrees and at most {LARGEST_RADIUS} miles."
            )


@dataclass(frozen=True)
class FoundGroups:
    """What a search found.

    Attributes:
        groups: the nodes, one a group id, sorted by id.
        capped: topics of which Meetup did not tell all groups, however small the circle. Others may be missing here.
        failed: by topic, why not all could be had of it.
        failed_fields: by group id, fields that could not be had; they are null or missing in its node.
    """

    groups: tuple[Node, ...]
    capped: tuple[str, ...]
    failed: Mapping[str, str] = field(default_factory=dict)
    failed_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class _Topic:
    """What was found on a topic: nodes, whether these are all, and what Meetup could not give."""

    nodes: list[Node] = field(default_factory=list)
    complete: bool = True
    holes: int = 0
    failed_fields: dict[str, tuple[str, ...]] = field(default_factory=dict)


FetchPage = Callable[[str, Circle, str | None], Page]
"""Gets one page: of a topic, in a circle, after a cursor."""


def found_groups(search: Search, fetch: FetchPage, cap: int) -> FoundGroups:
    """Run the search, in which the server ends each single one at `cap` results.

    Raises:
        MeetupError: as `fetch` does, where that is so on every topic, or would be.
    """
    whole = Circle(search.lat, search.lon, search.radius_miles)
    merged: dict[str, Node] = {}
    capped: list[str] = []
    fields: dict[str, tuple[str, ...]] = {}
    failed: dict[str, str] = {}
    errors: list[MeetupError] = []
    topics = tuple(dict.fromkeys(search.topics))
    for topic in topics:
        try:
            found = _on_topic(topic, whole, fetch, cap)
        except MeetupError as error:
            if error.everywhere or len(errors) + 1 == len(topics):
                raise
            errors.append(error)
            failed[topic] = str(error)
            continue
        for node in found.nodes:
            if _is_inside(node, whole):
                merged.setdefault(node["id"], node)
        fields |= found.failed_fields
        if found.holes:
            failed[topic] = f"{found.holes} of its groups were not given"
        if not found.complete:
            capped.append(topic)
    groups = tuple(merged[key] for key in sorted(merged, key=lambda key: (len(key), key)))
    return FoundGroups(groups, tuple(capped), failed, {key: told for key, told in fields.items() if key in merged})


def _on_topic(topic: str, whole: Circle, fetch: FetchPage, cap: int) -> _Topic:
    """What is in a circle. Circles of which not all is told are divided, widest first."""
    found = _Topic()
    waiting = deque([whole])
    for _ in range(_MOST_CIRCLES):
        if not waiting:
            return found
        circle = waiting.popleft()
        # What a capped search told is kept: a group without a place of its own is in no smaller circle.
        told = len(found.nodes)
        if _in_circle(topic, circle, fetch, cap, found):
            continue
        if circle.radius_miles <= _SMALLEST_MILES or len(found.nodes) == told:
            # Groups are counted and none is given: smaller circles would not help.
            found.complete = False
        else:
            waiting.extend(part for part in circle.parts() if part.meets(whole))
    found.complete = found.complete and not waiting
    return found


def _in_circle(topic: str, circle: Circle, fetch: FetchPage, cap: int, found: _Topic) -> bool:
    """Add what is told of a circle; whether that is all.

    The count on a page is that of all results, or of the page's own: either way what came must not be less.
    """
    for _ in range(_LOOKS):
        ids: set[str] = set()
        holes = total = 0
        for page in pages(lambda cursor: fetch(topic, circle, cursor)):
            found.nodes.extend(page.nodes)
            found.failed_fields |= page.failed
            ids |= {node["id"] for node in page.nodes}
            holes += page.holes
            total = max(total, page.total or 0)
        if len(ids) + holes >= min(total, cap):
            break
    found.holes += holes
    return len(ids) + holes < cap and total <= len(ids) + holes


def _is_inside(node: Node, circle: Circle) -> bool:
    lat, lon = node.get("lat"), node.get("lon")
    if not isinstance(lat, int | float) or not isinstance(lon, int | float):
        return True
    return circle.holds(lat, lon)
