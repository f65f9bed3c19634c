"""When each table was last updated, as the engine tells, and as `gold.table_freshness` passes it on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tests.warehouse.contract.rows import arrow

from tributary.assets.platform.tables import TABLE_FRESHNESS
from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import Range

DAYS = Table("core", "days", (Column("day", "date", "Day."),), partition_by="day")
SECOND = Range("day", date(2024, 1, 2), date(2024, 1, 3))


def told(warehouse: Warehouse) -> dict[str, tuple[datetime, int]]:
    rows: list[dict[str, Any]] = warehouse.rows("SELECT * FROM gold.table_freshness")
    return {f"{row['schema_name']}.{row['table_name']}": (row["updated_at"], row["rows"]) for row in rows}


def test_a_table_was_updated_when_its_rows_last_changed(warehouse: Warehouse) -> None:
    report = warehouse.replace(TABLE_FRESHNESS, Select(warehouse.publications))
    assert (report.rows, told(warehouse)) == (0, {})
    warehouse.replace(DAYS, arrow(DAYS, [(date(2024, 1, 1),)]))
    whole = told(warehouse)
    assert whole.keys() == {DAYS.key}
    assert whole[DAYS.key][1] == 1
    assert isinstance(whole[DAYS.key][0], datetime)
    assert whole[DAYS.key][0].tzinfo is None

    warehouse.replace(DAYS, arrow(DAYS, [(date(2024, 1, 1),)]))
    assert told(warehouse) == whole
    warehouse.replace(DAYS, arrow(DAYS, [(date(2024, 1, 2),)]), window=SECOND)
    window = told(warehouse)
    assert window[DAYS.key][1] == 2
    assert window[DAYS.key][0] > whole[DAYS.key][0]
    warehouse.replace(DAYS, arrow(DAYS, [(date(2024, 1, 2),)]), window=SECOND)
    assert told(warehouse) == window


def test_it_is_right_without_being_made_again_and_can_be_made_again(warehouse: Warehouse) -> None:
    warehouse.replace(TABLE_FRESHNESS, Select(warehouse.publications))
    warehouse.replace(DAYS, arrow(DAYS, []))
    before = told(warehouse)
    warehouse.replace(TABLE_FRESHNESS, Select(warehouse.publications))
    assert told(warehouse) == before == {DAYS.key: (before[DAYS.key][0], 0)}
