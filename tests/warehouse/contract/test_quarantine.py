"""Rejected records of sources that are no delimited files: replaced by source, kept exactly, counted for the replay."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tributary.resources.warehouse.base import Origin, Rejected, RejectedSource
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.warehouse import Warehouse

EVENTS = "staged.social_events"


def record(number: int, raw: bytes = b"{}", reason: str = "no type") -> Rejected:
    return Rejected(number, number * 10, raw, reason)


def test_records_are_replaced_source_by_source(warehouse: Warehouse) -> None:
    assert warehouse.rejected() == []
    warehouse.reject(EVENTS, {"a": [record(1), record(2)], "b": [record(1)]}, Origin(run_id="r1"))
    warehouse.reject("staged.others", {"a": [record(7)]})
    assert warehouse.rejected() == [
        RejectedSource("staged.others", "a", 1),
        RejectedSource(EVENTS, "a", 2),
        RejectedSource(EVENTS, "b", 1),
    ]
    warehouse.reject(EVENTS, {"a": [record(5)], "c": [record(1)]}, Origin(run_id="r2"))
    warehouse.reject(EVENTS, {"b": []})
    assert warehouse.rejected(EVENTS) == [RejectedSource(EVENTS, "a", 1), RejectedSource(EVENTS, "c", 1)]
    rows = warehouse.rows(
        "SELECT line_number, byte_offset, reason, run_id FROM quarantine.rejected_rows "
        "WHERE source = 'a' AND table_name = %s",
        (EVENTS,),
    )
    assert rows == [{"line_number": 5, "byte_offset": 50, "reason": "no type", "run_id": "r2"}]


def test_names_are_values_and_never_sql(warehouse: Warehouse) -> None:
    odd = "x'; DROP TABLE quarantine.rejected_rows; --"
    warehouse.reject(odd, {odd: [record(1)]})
    assert warehouse.rejected(odd) == [RejectedSource(odd, odd, 1)]


def test_a_number_given_twice_changes_nothing(warehouse: Warehouse) -> None:
    warehouse.reject(EVENTS, {"a": [record(1)]})
    with pytest.raises(WarehouseError):
        warehouse.reject(EVENTS, {"a": [record(2), record(2)]})
    assert warehouse.rows("SELECT line_number FROM quarantine.rejected_rows") == [{"line_number": 1}]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raws=st.lists(st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode)), min_size=1, max_size=8))
def test_bytes_are_kept_exactly_and_shown_as_text(warehouse: Warehouse, raws: list[bytes]) -> None:
    warehouse.reject(EVENTS, {"a": [record(i, raw) for i, raw in enumerate(raws, start=1)]})
    rows = warehouse.rows("SELECT raw_text, raw_bytes FROM quarantine.rejected_rows ORDER BY line_number")
    assert [row["raw_text"].encode() if row["raw_bytes"] is None else bytes(row["raw_bytes"]) for row in rows] == raws
    for raw, row in zip(raws, rows, strict=True):
        assert (row["raw_bytes"] is None) == (b"\0" not in raw and _is_utf8(raw))


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
