"""Cursor pages over a list, with a cap on their size: those of events are honest, those of a search as recorded."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graphql import GraphQLError

T = TypeVar("T")

DEFAULT_FIRST = 20
"""Nodes in a page where the query does not say."""


def refused(message: str) -> GraphQLError:
    """The error for an argument that has the right type and no sensible value."""
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT", "classification": "BAD_REQUEST"})


def connection(
    items: Sequence[T],
    key: Callable[[T], str],
    view: Callable[[T], Any],
    first: int | None,
    after: str | None,
    cap: int,
) -> dict[str, Any]:
    """One page of `items`.

    Args:
        items: everything that the connection holds, in order.
        key: names an item, for its cursor.
        view: an item's node.
        first: how many are asked for.
        after: the cursor after which the page begins.
        cap: how many a page holds at the most, whatever is asked for.

    Raises:
        GraphQLError: for a negative `first`, or a cursor that is none of this connection.
    """
    size = min(DEFAULT_FIRST if first is None else first, cap)
    if size < 0:
        raise refused("first must not be negative")
    begin = _after(items, key, after) if after else 0
    chosen = items[begin : begin + size]
    edges = [{"cursor": _cursor(begin + k, key(item)), "node": view(item)} for k, item in enumerate(chosen)]
    return {
        "edges": edges,
        "totalCount": len(items),
        "pageInfo": {
            "startCursor": edges[0]["cursor"] if edges else "",
            "endCursor": edges[-1]["cursor"] if edges else "",
            "hasNextPage": begin + len(chosen) < len(items),
            "hasPreviousPage": begin > 0,
        },
    }


def results(
    items: Sequence[T], view: Callable[[T], Any], first: int | None, after: str | None, cap: int
) -> dict[str, Any]:
    """One page of the results of a search, as all recorded answers have it.

    More are said to follow on every page, the last and the empty one too; the count is that of the page; a cursor is
    the offset in base64, and one beyond the end leads to an empty page.

    Args:
        items: everything that the search may tell, in order.
        view: an item's node.
        first: how many are asked for.
        after: the cursor after which the page begins.
        cap: how many a page holds at the most, whatever is asked for.

    Raises:
        GraphQLError: for a negative `first`, or a cursor that is no offset.
    """
    size = min(DEFAULT_FIRST if first is None else first, cap)
    if size < 0:
        raise refused("first must not be negative")
    begin = _offset(after) if after else 0
    edges = [
        {"cursor": _encoded(str(begin + k)), "node": view(item)}
        for k, item in enumerate(items[begin : begin + size], start=1)
    ]
    return {
        "edges": edges,
        "totalCount": len(edges),
        "pageInfo": {
            "startCursor": edges[0]["cursor"] if edges else "",
            "endCursor": edges[-1]["cursor"] if edges else "",
            "hasNextPage": True,
            "hasPreviousPage": begin > 0,
        },
    }


def _offset(cursor: str) -> int:
    try:
        found = int(base64.b64decode(cursor, validate=True).decode())
    except (binascii.Error, ValueError):
        found = -1
    if found < 0:
        raise refused("after is no cursor of this connection")
    return found


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _cursor(position: int, key: str) -> str:
    return _encoded(f"{position}:{key}")


def _after(items: Sequence[T], key: Callable[[T], str], cursor: str) -> int:
    try:
        position, _, name = base64.b64decode(cursor, validate=True).decode().partition(":")
        at = int(position)
    except (binascii.Error, ValueError):
        raise refused("after is no cursor of this connection") from None
    if not 0 <= at < len(items) or key(items[at]) != name:
        raise refused("after is no cursor of this connection")
    return at + 1
