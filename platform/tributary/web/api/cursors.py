"""Cursors: where the next page of an answer begins, in which publication, of which question."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from tributary.web.api.problems import Problem
from tributary.web.api.questions import Order
from tributary.web.api.values import read_value, written


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The last row of a page: its publication, a digest of the question, its values in the order of the sort, and how
    many rows with just these values were given."""

    publication: str
    question: str
    values: tuple[str | None, ...]
    given: int

    def encoded(self) -> str:
        """The cursor as a part of an address."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    def read(self, order: Sequence[Order]) -> list[Any]:
        """The values, as the columns of the sort hold them."""
        try:
            return [
                None if text is None else read_value(one.type, text)
                for one, text in zip(order, self.values, strict=True)
            ]
        except ValueError:
            raise _unreadable() from None


def decoded(text: str) -> Cursor:
    """A cursor that an earlier answer gave.

    Raises:
        Problem: the text is none.
    """
    try:
        found = msgspec.json.decode(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True), type=Cursor)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise _unreadable() from None
    if not 0 <= found.given <= 1_000_000_000:
        raise _unreadable()
    return found


def after(rows: Sequence[Sequence[Any]], before: Cursor | None, publication: str, question: str) -> Cursor:
    """The cursor behind some rows, one at least, of which each is its values in the order of the sort."""
    values = tuple(written(value) for value in rows[-1])
    given = len(rows) - next((at for at in range(len(rows), 0, -1) if rows[at - 1] != rows[-1]), 0)
    if before is not None and given == len(rows) and before.values == values:
        given += before.given
    return Cursor(publication, question, values, given)


def digest_of(*parts: object) -> str:
    """A short digest of a question, or of an answer."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _unreadable() -> Problem:
    return Problem(400, "cursor: this is no cursor of this table; begin again without one.", at="cursor")
