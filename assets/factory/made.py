"""What Dagster has on record of a materialisation, and the one rule by which a table is behind its inputs.

It is a state, not an event: a table is behind while what it was made from is not what stands. Where the records come
from (an instance, or its storage) is the caller's matter; no Dagster is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

CODE = "dagster/code_version"
DATA = "dagster/data_version"

READ_VERSION = "dagster/input_data_version/"
"""With an input's key, the tag that says which data version of it a materialisation was made from."""

READ_EVENT = "dagster/input_event_pointer/"
"""With an input's key, the tag that says which event of it, by storage id, was the newest then."""

MOST_PARTITIONS = 100
"""More partitions of an input than these that were made since are taken for other data without a look."""

OtherPartitions = Callable[[str, Sequence[str], int], bool]
"""Whether of an input's partitions (those that are named, or all) one holds other data than at an event."""


class Made(NamedTuple):
    """A materialisation: when, in seconds since 1970, in which run, its place among all events, and its tags."""

    at: float
    run_id: str
    storage_id: int
    tags: Mapping[str, str]

    @property
    def code_version(self) -> str | None:
        """That of the code that made it; None where it had none."""
        return self.tags.get(CODE)


def changed(
    made: Made, inputs: Mapping[str, Made], partitions: Mapping[str, Sequence[str]], other: OtherPartitions
) -> list[str]:
    """Those of a table's inputs that hold other data than when it was made; one that was made again the same is none.

    Dagster notes with each materialisation which one of each input was the newest when the step began, and its version.

    Args:
        made: the table's latest materialisation.
        inputs: the latest materialisation of each input that has one, by `layer/name`.
        partitions: of inputs that have partitions, those that are read; none of them means all.
        other: looks at the partitions of such an input.
    """
    found = []
    for name, newest in inputs.items():
        pointer = made.tags.get(READ_EVENT + name, "")
        read = int(pointer) if pointer.isdigit() else 0
        if newest.storage_id <= read:
            continue
        if name in partitions:
            is_other = other(name, partitions[name], read)
        else:
            is_other = newest.tags.get(DATA) != made.tags.get(READ_VERSION + name)
        if is_other:
            found.append(name)
    return found
