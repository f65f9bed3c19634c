"""Finds the groups around a place: one search a topic, divided where the server would not tell all, merged by id."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from resources.meetup.circles import Circle
from resources.meetup.errors import MeetupUsageError
from resources.meetup.paging import Node, Page, pages

SEARCH_CAP = 200
"""Meetup tells this many results of one search, however many there are."""

LARGEST_RADIUS = 250
"""Miles; circles wider than that could not be divided as if they lay on a plane."""

_MOST_CIRCLES = 200
"""For one topic. A server that calls every answer incomplete must not use up the rate limit of an hour."""

_SMALLEST_MILES = 0.25


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
    """

    groups: tuple[Node, ...]
    capped: tuple[str, ...]


FetchPage = Callable[[str, Circle, str | None], Page]
"""Gets one page: of a topic, in a circle, after a cursor."""


def found_groups(search: Search, fetch: FetchPage, cap: int) -> FoundGroups:
    """Run the search.

    Args:
        search: what to look for.
        fetch: gets one page.
        cap: at how many results the server ends a search.

    Raises:
        MeetupError: as `fetch` does, or where pages lead nowhere; nothing is found then, rather than a part.
    """
    whole = Circle(search.lat, search.lon, search.radius_miles)
    merged: dict[str, Node] = {}
    capped = []
    for topic in dict.fromkeys(search.topics):
        nodes, complete = _on_topic(topic, whole, fetch, cap)
        for node in nodes:
            if _is_inside(node, whole):
                merged.setdefault(node["id"], node)
        if not complete:
            capped.append(topic)
    groups = tuple(merged[key] for key in sorted(merged, key=lambda key: (len(key), key)))
    return FoundGroups(groups, tuple(capped))


def _on_topic(topic: str, whole: Circle, fetch: FetchPage, cap: int) -> tuple[list[Node], bool]:
    """The nodes in a circle, and whether they are all. Circles of which not all is told are divided, widest first."""
    nodes: list[Node] = []
    complete = True
    waiting = deque([whole])
    for _ in range(_MOST_CIRCLES):
        if not waiting:
            return nodes, complete
        circle = waiting.popleft()
        found, all_of_it = _in_circle(topic, circle, fetch, cap)
        # What a capped search told is kept: a group without a place of its own is in no smaller circle.
        nodes.extend(found)
        if all_of_it:
            continue
        if circle.radius_miles <= _SMALLEST_MILES:
            complete = False
        else:
            waiting.extend(part for part in circle.parts() if part.meets(whole))
    return nodes, complete and not waiting


def _in_circle(topic: str, circle: Circle, fetch: FetchPage, cap: int) -> tuple[list[Node], bool]:
    nodes: list[Node] = []
    total = 0
    for page in pages(lambda cursor: fetch(topic, circle, cursor), f"groups on {topic}"):
        nodes.extend(page.nodes)
        total = page.total or 0
    return nodes, len(nodes) < cap and total <= len(nodes)


def _is_inside(node: Node, circle: Circle) -> bool:
    lat, lon = node.get("lat"), node.get("lon")
    if not isinstance(lat, int | float) or not isinstance(lon, int | float):
        return True
    return circle.holds(lat, lon)
