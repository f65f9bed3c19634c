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
    """One page of `items`, each named by its `key` in its cursor and shown as its `view`.

    `first` are asked for, behind the cursor `after`, and at most `cap` given, whatever is asked for.

    Raises:
        GraphQLError: for a negative `first`, or a cursor that is none of this connection.
    """
    begin = 0
    if after:
        position, _, name = _decoded(after).partition(":")
        at = int(position) if position.isdecimal() else len(items)
        if at >= len(items) or key(items[at]) != name:
            raise _no_cursor()
        begin = at + 1
    chosen = items[begin : begin + _size(first, cap)]
    edges = [(f"{begin + k}:{key(item)}", view(item)) for k, item in enumerate(chosen)]
    return _page(edges, len(items), more=begin + len(chosen) < len(items), begin=begin)


def results(
    items: Sequence[T], view: Callable[[T], Any], first: int | None, after: str | None, cap: int
) -> dict[str, Any]:
    """One page of the results of a search, as all recorded answers have it; arguments and errors as of `connection`.

    More are said to follow on every page, the last and the empty one too; the count is that of the page; a cursor is
    the offset in base64, and one beyond the end leads to an empty page.
    """
    offset = _decoded(after) if after else "0"
    if not offset.isdecimal():
        raise _no_cursor()
    begin = int(offset)
    chosen = items[begin : begin + _size(first, cap)]
    edges = [(str(begin + k), view(item)) for k, item in enumerate(chosen, start=1)]
    return _page(edges, len(edges), more=True, begin=begin)


def _page(edges: Sequence[tuple[str, Any]], total: int, *, more: bool, begin: int) -> dict[str, Any]:
    encoded = [{"cursor": base64.b64encode(name.encode()).decode(), "node": node} for name, node in edges]
    return {
        "edges": encoded,
        "totalCount": total,
        "pageInfo": {
            "startCursor": encoded[0]["cursor"] if encoded else "",
            "endCursor": encoded[-1]["cursor"] if encoded else "",
            "hasNextPage": more,
            "hasPreviousPage": begin > 0,
        },
    }


def _size(first: int | None, cap: int) -> int:
    size = min(DEFAULT_FIRST if first is None else first, cap)
    if size < 0:
        raise refused("first must not be negative")
    return size


def _decoded(cursor: str) -> str:
    try:
        return base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, ValueError):
        raise _no_cursor() from None


def _no_cursor() -> GraphQLError:
    return refused("after is no cursor of this connection")
