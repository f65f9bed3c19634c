"""The SQL of files' contracts is held to the rules of models, and said in each engine's dialect."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tributary.assets.factory.expressions import contract_problems
from tributary.assets.factory.in_dialect import contract_in
from tributary.resources.warehouse.delimited.contract import DerivedColumn, FileColumn, FileContract, Rule
from tributary.resources.warehouse.table import Column, Table

CONTRACT = FileContract(
    (FileColumn("DAY", "day", "integer", "Day."),),
    derived=(DerivedColumn("on_day", "date", "Date.", "day - 1", days_since=date(2024, 1, 1)),),
    rules=(Rule("in_range", "day between 1 and 99 and mod(day, 7) <> 0", "DAY is out of range"),),
)
TABLE = Table("staged", "days", tuple(Column(*column) for column in CONTRACT.table_columns()), file=CONTRACT)


def test_a_sound_contract_is_said_in_the_words_of_each_engine() -> None:
    assert list(contract_problems(TABLE, CONTRACT)) == []
    assert contract_in(CONTRACT, "postgres") is CONTRACT
    assert contract_in(CONTRACT, "athena").rules[0].condition == "(day BETWEEN 1 AND 99 AND day % 7 <> 0)"


@pytest.mark.parametrize(
    ("rule", "expression", "problem"),
    [
        ("day < 7", "make_interval(days => day)", "column on_day: "),
        ("day < extract(day from now())", "day", "rule in_range: "),
        ("date '2024-01-01' + day > date '2024-01-01'", "day", "[date-plus-number]"),
        ("days < 7", "day", "names days, which is not one of its columns"),
        ("sum(day) < 7", "day", "looks at several rows"),
    ],
)
def test_what_means_nothing_or_another_thing_elsewhere_is_told(rule: str, expression: str, problem: str) -> None:
    contract = replace(
        CONTRACT,
        rules=(replace(CONTRACT.rules[0], condition=rule),),
        derived=(replace(CONTRACT.derived[0], expression=expression),),
    )
    assert any(problem in told for told in contract_problems(TABLE, contract))
