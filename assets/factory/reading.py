"""What a reader makes of one source object: rows, and the records that are none, with their reasons.

Readers are pure: an object's name and bytes in, its `Content` out. What is done with it is `object_loading`'s.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from tributary.resources.warehouse.base import Rejected

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]


class DoesNotFit(ValueError):
    """Why a record is no row; it must not say what the record holds, since reasons are shown and logged."""


class NotWhole(ValueError):
    """What shows that an object is not what was put there, such as `it ends within a line`: none of it is believed."""


class Content(NamedTuple):
    """What one object holds: each of its `records` is a row or a misfit.

    `records` is to be counted apart from the rows that are made of them, so that one which gets lost is missed. A row
    leaves out what is null, and the column of its object.
    """

    rows: Sequence[Row] | pa.Table
    records: int
    misfits: Sequence[Rejected] = ()


Reader = Callable[[str, bytes], Content]
"""The content of an object, of its name and bytes.

Raises:
    NotWhole: it was cut off, or is otherwise not what was put there.
"""


def read_lines(data: bytes, rows_of: Callable[[bytes, int], Iterable[Row]]) -> Content:
    """The rows that `rows_of` makes of each line, given the byte at which it begins; a line that does not fit it tells
    so by `DoesNotFit`.
    """
    rows: list[Row] = []
    misfits: list[Rejected] = []
    offset = 0
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    for number, line in enumerate(lines, start=1):
        try:
            rows += rows_of(line, offset)
        except DoesNotFit as misfit:
            misfits.append(Rejected(number, offset, line, str(misfit)))
        offset += len(line) + 1
    return Content(rows, data.count(b"\n") + (bool(data) and not data.endswith(b"\n")), misfits)


def refuse_cut(data: bytes) -> None:
    """Refuse an object of lines that does not end with one.

    Raises:
        NotWhole: it ends within a line, and so was cut off.
    """
    if data and not data.endswith(b"\n"):
        raise NotWhole("it ends within a line")


def json_object(text: bytes) -> dict[str, Any]:
    """The JSON object that a text is.

    Raises:
        DoesNotFit: it is none.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise DoesNotFit("it is no JSON") from None
    if not isinstance(found, dict):
        raise DoesNotFit("it is no JSON object")
    return found
