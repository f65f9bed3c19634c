"""Cursor pages over a list: opaque cursors, and a cap on the size of a page."""

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
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


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
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
            "hasNextPage": begin + len(chosen) < len(items),
            "hasPreviousPage": begin > 0,
        },
    }


def _cursor(position: int, key: str) -> str:
    return base64.b64encode(f"{position}:{key}".encode()).decode()


def _after(items: Sequence[T], key: Callable[[T], str], cursor: str) -> int:
    try:
        position, _, name = base64.b64decode(cursor, validate=True).decode().partition(":")
        at = int(position)
    except (binascii.Error, ValueError):
        raise refused("after is no cursor of this connection") from None
    if not 0 <= at < len(items) or key(items[at]) != name:
        raise refused("after is no cursor of this connection")
    return at + 1
