"""Personal data is shown nowhere but in its table: not in previews, samples of offending rows, or messages."""

from __future__ import annotations

import traceback

import pytest

from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.checks import Expression, Unique
from tributary.resources.warehouse.errors import ChecksFailed, WarehouseError
from tributary.resources.warehouse.table import HIDDEN, Column, Table
from tributary.resources.warehouse.warehouse import Warehouse

SECRET = "somebody@example.org"


def people(*checks: Unique | Expression) -> Table:
    columns = (Column("id", "integer", "Id."), Column("email", "text", "Mail.", tags=("pii",)))
    return Table("staged", "people", columns, checks=checks)


def rows(*values: str) -> Select:
    return Select(
        " UNION ALL ".join(f"SELECT {number} AS id, '{value}' AS email" for number, value in enumerate(values))
    )


def test_previews_hide_it_and_the_table_holds_it(warehouse: Warehouse) -> None:
    report = warehouse.replace(people(), rows(SECRET))
    assert list(report.preview) == [{"id": 0, "email": HIDDEN}]
    assert list(warehouse.review(people()).preview) == [{"id": 0, "email": HIDDEN}]
    assert warehouse.rows("SELECT email FROM staged.people") == [{"email": SECRET}]


@pytest.mark.parametrize(
    "check", [Unique(("email",)), Expression("email <> 'somebody@example.org'", title="not_somebody")], ids=str
)
def test_offending_rows_are_shown_without_it(warehouse: Warehouse, check: Unique | Expression) -> None:
    with pytest.raises(ChecksFailed) as failed:
        warehouse.replace(people(check), rows(SECRET, SECRET))
    assert HIDDEN in str(failed.value)
    assert SECRET not in str(failed.value)
    assert SECRET not in repr(failed.value.results[0].sample)


def test_refusals_of_the_server_do_not_quote_it(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError) as failed:
        warehouse.replace(people(), Select(f"SELECT CAST('{SECRET}' AS integer) AS id, '{SECRET}' AS email"))
    shown = "".join(traceback.format_exception(failed.value))
    assert "personal data" in str(failed.value)
    assert SECRET not in shown.replace(f"CAST('{SECRET}'", "").replace(f"'{SECRET}' AS email", "")
