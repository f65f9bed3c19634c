"""Walks the pages of a GraphQL connection to their end, or fails: a doubtful page is never taken for the last one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from resources.meetup.errors import MeetupPagingError, MeetupTransientError

Node = dict[str, Any]
"""A group or an event, as the API gave it."""


@dataclass(frozen=True)
class Page:
    """One page of a connection.

    Attributes:
        nodes: the nodes of its edges, in order.
        next: the cursor of the next page; None on the last one.
        total: how many nodes there are on all pages, where the server says so.
    """

    nodes: tuple[Node, ...]
    next: str | None
    total: int | None


def page_of(connection: Any, what: str) -> Page:
    """Read a connection.

    Raises:
        MeetupTransientError: where a part of it is missing, which is an answer cut in half.
        MeetupPagingError: where more pages are said to follow, and it cannot be told where.
    """
    edges = connection.get("edges") if isinstance(connection, dict) else None
    info = connection.get("pageInfo") if isinstance(connection, dict) else None
    if not isinstance(edges, list) or not isinstance(info, dict) or not isinstance(info.get("hasNextPage"), bool):
        raise MeetupTransientError(f"Meetup's answer to {what} lacks edges or pageInfo; try again later.")
    nodes = tuple(edge["node"] for edge in edges if isinstance(edge, dict) and _is_node(edge.get("node")))
    if len(nodes) < len(edges):
        raise MeetupTransientError(f"Meetup's answer to {what} has an edge without a node; try again later.")
    total = connection.get("totalCount")
    cursor = info.get("endCursor")
    if not info["hasNextPage"]:
        return Page(nodes, None, total if isinstance(total, int) else None)
    if not nodes:
        raise MeetupPagingError(f"Meetup sent an empty page of {what} and says that more follow; report it to Meetup.")
    if not isinstance(cursor, str) or not cursor:
        raise MeetupPagingError(f"Meetup says that more {what} follow and gives no cursor; report it to Meetup.")
    return Page(nodes, cursor, total if isinstance(total, int) else None)


def _is_node(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), str) and value["id"] != ""


def pages(fetch: Callable[[str | None], Page], what: str) -> Iterator[Page]:
    """Every page, from the first one on.

    Args:
        fetch: gets the page after a cursor; the first one after None.
        what: what is on the pages, as a sentence names it.

    Raises:
        MeetupPagingError: when a cursor comes a second time, since the pages would go round for ever.
        MeetupError: as `fetch` does.
    """
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        page = fetch(cursor)
        yield page
        cursor = page.next
        if cursor is None:
            return
        if cursor in seen:
            raise MeetupPagingError(f"Meetup's pages of {what} go round in a circle; report it to Meetup.")
        seen.add(cursor)
