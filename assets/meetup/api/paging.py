"""Reads the pages of a GraphQL connection and walks them to their end: a doubtful page is never taken for the last one.

Whether what came is all there is, is for the caller to say, who knows what the counts mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tributary.assets.meetup.api.answers import Failure
from tributary.assets.meetup.api.errors import MeetupForbiddenError, MeetupPagingError, MeetupTransientError

Node = dict[str, Any]
"""A group or an event, as the API gave it."""

_MOST_PAGES = 10_000


@dataclass(frozen=True)
class Page:
    """One page of a connection.

    Attributes:
        nodes: the nodes of its edges, in order.
        next: the cursor of the next page; None where none is said to follow, or the page is empty.
        more: whether the server says that more follow, which it may say of the last page too.
        total: how many nodes the server counts, on this page or on all: servers differ.
        holes: edges whose node was not given.
        failed: by a node's id, the fields of it that could not be had.
    """

    nodes: tuple[Node, ...]
    next: str | None
    more: bool
    total: int | None
    holes: int = 0
    failed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether all of it was given."""
        return not self.holes and not self.failed


def page_of(connection: Any, what: str, failures: tuple[Failure, ...] = ()) -> Page:
    """Read a connection; `failures` are those within it, with paths that begin in it.

    Raises:
        MeetupTransientError: where edges or pageInfo are missing, which is an answer cut in half.
        MeetupForbiddenError: where they are not given to the token's owner.
        MeetupPagingError: where more pages are said to follow, and it cannot be told where.
    """
    edges = connection.get("edges") if isinstance(connection, dict) else None
    info = connection.get("pageInfo") if isinstance(connection, dict) else None
    if not isinstance(edges, list) or not isinstance(info, dict) or not isinstance(info.get("hasNextPage"), bool):
        barred = next((one.quote for one in failures if one.forbidden and "edges" not in one.path[:1]), None)
        if barred is not None:
            raise MeetupForbiddenError(f"Meetup does not give {what} to this token's owner ({barred}).")
        raise MeetupTransientError(f"Meetup's answer to {what} lacks edges or pageInfo; try again later.")
    given = {place: node for place, edge in enumerate(edges) if (node := _node_of(edge)) is not None}
    total = connection.get("totalCount")
    cursor = info.get("endCursor")
    follows = info["hasNextPage"] and bool(edges)
    if follows and not (isinstance(cursor, str) and cursor):
        raise MeetupPagingError(f"Meetup says that more {what} follow and gives no cursor; report it to Meetup.")
    return Page(
        nodes=tuple(given.values()),
        next=cursor if follows else None,
        more=info["hasNextPage"],
        total=total if type(total) is int else None,
        holes=len(edges) - len(given),
        failed=_failed_fields(given, failures),
    )


def failed_fields(failures: tuple[Failure, ...]) -> tuple[str, ...]:
    """The fields of a node in which something could not be had; failures have paths that begin in the node."""
    return tuple(dict.fromkeys(str(one.path[0]) for one in failures if one.path))


def _failed_fields(given: Mapping[int, Node], failures: tuple[Failure, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in failures:
        match one.path:
            case ("edges", int(place), "node", str(name), *_) if place in given:
                known = found.get(given[place]["id"], ())
                found[given[place]["id"]] = tuple(dict.fromkeys((*known, name)))
            case _:
                continue
    return found


def _node_of(edge: Any) -> Node | None:
    node = edge.get("node") if isinstance(edge, dict) else None
    return node if isinstance(node, dict) and isinstance(node.get("id"), str) and node["id"] else None


def pages(fetch: Callable[[str | None], Page]) -> Iterator[Page]:
    """Every page, from the first one on, until no more are said to follow, or nothing new does.

    All recorded answers of Meetup's search say that more follow, the last ones too: there an empty page is the end, and
    so is a cursor that came before, or a page that holds nothing that had not come before. `fetch` gets the page after
    a cursor, the first one after None.

    Raises:
        MeetupPagingError: the pages do not end.
        MeetupError: as `fetch` does.
    """
    cursors: set[str] = set()
    ids: set[str] = set()
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = fetch(cursor)
        yield page
        cursor = page.next
        new = {node["id"] for node in page.nodes} - ids
        if cursor is None or cursor in cursors or not (new or page.holes):
            return
        ids |= new
        cursors.add(cursor)
    raise MeetupPagingError(f"Meetup's pages do not end after {_MOST_PAGES:,}; report it to Meetup.")
