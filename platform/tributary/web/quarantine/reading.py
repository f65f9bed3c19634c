"""Reads the quarantine for its pages: what there is of each kind, and the records, page by page by their key."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tributary.resources.errors import UsageError
from tributary.resources.warehouse.delimited.scan import DUPLICATE
from tributary.resources.warehouse.quarantine import QUARANTINE
from tributary.resources.warehouse.warehouse import Warehouse

PAGE = 50
_SHOWN = 4096
_KEY = "table_name, source, line_number"
_FIELDS = f"{_KEY}, byte_offset, reason, detail, rejected_at, run_id"
_UTF8 = {"postgres": "convert_to(raw_text, 'UTF8')", "athena": "to_utf8(raw_text)"}
"""The bytes of the text, by the warehouse's dialect."""


class NoSuchRecord(UsageError):
    """There is no such record, or it is in quarantine no more."""


class NoSuchPage(UsageError):
    """What should name a page of records names none."""


@dataclass(frozen=True)
class Wanted:
    """Which records: of a table, a source and a reason, each of any where it is empty, with some text in the source."""

    table: str = ""
    reason: str = ""
    source: str = ""

    def conditions(self) -> tuple[list[str], list[Any]]:
        """As SQL, with its values."""
        equal = {"table_name": self.table, "reason": self.reason}
        told = [(f"{column} = %s", value) for column, value in equal.items() if value]
        if self.source:
            told.append(("position(%s in source) > 0", self.source))
        return [condition for condition, _ in told], [value for _, value in told]


@dataclass(frozen=True)
class Kind:
    """Records of one table that were rejected for one reason: how many, from how many sources, the newest when."""

    table: str
    reason: str
    records: int
    sources: int
    newest: datetime

    @property
    def is_reject(self) -> bool:
        """Whether they were rejected; exact duplicates of lines that were loaded are here too, and are none."""
        return self.reason != DUPLICATE


@dataclass(frozen=True)
class Record:
    """A record: where it stood, why it was rejected, and its first bytes."""

    table: str
    source: str
    number: int
    offset: int | None
    reason: str
    detail: str
    at: datetime
    run_id: str
    raw: bytes
    size: int


def kinds(warehouse: Warehouse) -> list[Kind]:
    """What there is, by table and reason; nothing where the warehouse is new.

    Raises:
        WarehouseError: it does not tell.
    """
    if not warehouse.rejected():
        return []
    query = (
        "SELECT table_name, reason, count(*) AS records, count(DISTINCT source) AS sources, max(rejected_at) AS newest "
        f"FROM {QUARANTINE} GROUP BY table_name, reason ORDER BY table_name, records DESC, reason"
    )
    return [
        Kind(one["table_name"], one["reason"], one["records"], one["sources"], one["newest"])
        for one in warehouse.rows(query)
    ]


def records(warehouse: Warehouse, wanted: Wanted, after: str) -> tuple[list[Record], str]:
    """A page of records, and what names the next one; empty where there is none.

    Raises:
        NoSuchPage: `after` names no place.
        WarehouseError: the warehouse does not tell.
    """
    conditions, values = wanted.conditions()
    if after:
        conditions.append(f"({_KEY}) > (%s, %s, %s)")
        values += _place(after)
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    query = f"SELECT {_fields(warehouse)} FROM {QUARANTINE} {where}ORDER BY {_KEY} LIMIT {PAGE + 1}"
    found = [_record(one) for one in warehouse.rows(query, values)]
    more = len(found) > PAGE
    page = found[:PAGE]
    return page, _named(page[-1]) if more else ""


def raw_of(warehouse: Warehouse, table: str, source: str, number: int) -> tuple[Record, bytes]:
    """A record, and all of its bytes.

    Raises:
        NoSuchRecord: there is none.
        WarehouseError: the warehouse does not tell.
    """
    query = (
        f"SELECT {_fields(warehouse)}, {_whole(warehouse)} AS whole "
        f"FROM {QUARANTINE} WHERE table_name = %s AND source = %s AND line_number = %s"
    )
    found = warehouse.rows(query, (table, source, number))
    if not found:
        raise NoSuchRecord("There is no such record in quarantine: it was read again since, or never was there.")
    return _record(found[0]), bytes(found[0]["whole"])


def _whole(warehouse: Warehouse) -> str:
    return f"coalesce(raw_bytes, {_UTF8[warehouse.dialect]})"


def _fields(warehouse: Warehouse) -> str:
    return (
        f"{_FIELDS}, substr(raw_text, 1, {_SHOWN}) AS raw_text, substr(raw_bytes, 1, {_SHOWN}) AS raw_bytes, "
        f"length({_whole(warehouse)}) AS size"
    )


def _record(one: Mapping[str, Any]) -> Record:
    raw = bytes(one["raw_bytes"]) if one["raw_bytes"] is not None else one["raw_text"].encode()
    told = (one["reason"], one["detail"] or "", one["rejected_at"], one["run_id"] or "")
    return Record(one["table_name"], one["source"], one["line_number"], one["byte_offset"], *told, raw, one["size"])


def _named(record: Record) -> str:
    told = json.dumps([record.table, record.source, record.number])
    return base64.urlsafe_b64encode(told.encode()).decode()


def _place(after: str) -> Sequence[Any]:
    try:
        table, source, number = json.loads(base64.urlsafe_b64decode(after.encode()))
        return [str(table), str(source), int(number)]
    except (ValueError, TypeError) as error:
        raise NoSuchPage("The address names no page of records: go back to the first one.") from error
