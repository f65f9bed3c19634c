"""What a sensor remembers from look to look, and what becomes of a memory that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import dagster as dg

T = TypeVar("T")


def remembered(context: dg.SensorEvaluationContext, read: Callable[[str | None], T]) -> tuple[T, str]:
    """The sensor's memory, as `read` makes it from the cursor, and what to say first; begun anew where it is none.

    Another version of the code may have written the cursor, or a person by hand. Failing would be for ever: a tick that
    fails leaves the cursor as it is. To begin anew costs one longer look, since the lake knows what is done.
    """
    try:
        return read(context.cursor), ""
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        reason = str(error).strip().partition("\n")[0]
        note = f"The sensor's cursor could not be read and was begun anew ({reason})."
        context.log.warning(note)
        return read(None), f"{note} "
