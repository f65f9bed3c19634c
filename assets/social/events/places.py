"""Where things lie, all derived from the key of the source object, so that a repeated run replaces what it wrote."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from tributary.assets.social.arrivals import RAW, RECEIPTS, hour_of, hour_path
from tributary.assets.social.events.errors import EventPlaceError
from tributary.resources.warehouse.table import Table

TRANSFORMED = "web-data/transformed/"
SUFFIX = ".parquet"

_DELIVERED = re.compile(r"-\d+-(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-")


class Place(NamedTuple):
    """The place of one source object: `hour` is its folder, such as `2026/01/31/07/`, `name` its last segment."""

    hour: str
    name: str

    def table_key(self, table: Table) -> str:
        """The key of the Parquet object that holds the rows of `table`."""
        return f"{table_prefix(table)}{self.hour}{self.name}{SUFFIX}"

    @property
    def receipt_key(self) -> str:
        """The key of the receipt."""
        return f"{receipts_prefix(self.hour)}{self.name}.json"


def place_of(source_object: str) -> Place:
    """The place of the source object `web-data/raw/YYYY/MM/DD/HH/<name>`.

    Raises:
        EventPlaceError: the key has another form, or its name holds `.parquet`, which would make one object's output
            the beginning of another's key.
    """
    hour = hour_of(source_object)
    if hour is None:
        raise EventPlaceError(f"{source_object!r} is no event object; its key must be {RAW}YYYY/MM/DD/HH/NAME.")
    name = source_object.rpartition("/")[2]
    if SUFFIX in name:
        raise EventPlaceError(f"{source_object!r} cannot be an event object because of {SUFFIX} in it; rename it.")
    return Place(hour_path(hour), name)


def table_prefix(table: Table) -> str:
    """What the keys of all Parquet objects of a table begin with."""
    return f"{TRANSFORMED}{table.name}/"


def receipts_prefix(hour: str) -> str:
    """The prefix of all receipts of an hour's folder, such as `2026/01/31/07/`.

    Raises:
        EventPlaceError: `hour` is no such folder; a listing of it would find nothing and look as if nothing was done.
    """
    if hour_of(f"{RAW}{hour}any") is None:
        raise EventPlaceError(f"{hour!r} is no hour of arrival; give it as YYYY/MM/DD/HH/.")
    return f"{RECEIPTS}{hour}"


def delivered_at(source_object: str) -> datetime | None:
    """When Firehose began the object, in UTC, as its name says; None where the name does not.

    The form of the name: https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
    """
    match = _DELIVERED.search(source_object.rpartition("/")[2])
    if match is None:
        return None
    try:
        return datetime(*(int(part) for part in match.groups()), tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        return None
