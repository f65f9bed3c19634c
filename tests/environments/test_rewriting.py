"""Statements come to read an environment's tables, and nothing else in them changes."""

from __future__ import annotations

import pytest

from tributary.resources.warehouse.environments.naming import LONGEST, Environment, environment_name, environment_of
from tributary.resources.warehouse.environments.rewriting import rewritten
from tributary.resources.warehouse.errors import WarehouseError

DEV = Environment("dev")
HELD = {"core.sale", "gold.total"}
LOOKALIKES = """
SELECT 'core.sale', $$core.sale$$, E'\\'core.sale', "core.sale", x.core.sale -- core.sale
/* core.sale /* core.sale */ core.sale */ FROM a
"""
CASES = {
    "a table, however it is written": (
        'SELECT * FROM core.sale JOIN "core"."sale" AS s ON true JOIN CORE . Sale AS t ON true',
        'SELECT * FROM "dev__core".sale JOIN "dev__core"."sale" AS s ON true JOIN "dev__core" . Sale AS t ON true',
    ),
    "a column that is named with its table": (
        "SELECT core.sale.id, sale.shop FROM core.sale",
        'SELECT "dev__core".sale.id, sale.shop FROM "dev__core".sale',
    ),
    "what only looks like it": (LOOKALIKES, LOOKALIKES),
    "tables that are production's": (
        'SELECT %s, %% FROM core.sales, "Core"."sale", gold.sale, scored.sale',
        'SELECT %s, %% FROM core.sales, "Core"."sale", gold.sale, scored.sale',
    ),
    "letters beyond ASCII before it": ("SELECT 'ä€😀' FROM gold.total", "SELECT 'ä€😀' FROM \"dev__gold\".total"),
}


@pytest.mark.parametrize("name", CASES)
def test_names_of_what_is_held_become_the_environments(name: str) -> None:
    given, wanted = CASES[name]
    assert rewritten(given, DEV, HELD) == wanted
    assert rewritten(given, DEV, ()) == given


def test_what_cannot_be_read_is_refused_and_not_asked_of_production() -> None:
    with pytest.raises(WarehouseError, match="cannot be read"):
        rewritten("SELECT 'x FROM core.sale", DEV, HELD)


def test_names_are_those_that_schemas_can_have() -> None:
    assert [environment_name(name) for name in ("dev", "pr-12", "a1_b-c")] == ["dev", "pr_12", "a1_b_c"]
    longest = "a" * LONGEST
    assert len(Environment(environment_name(longest)).key("quarantine")) <= 48
    for name in ("", "Dev", "1a", "a__b", "a-", "_a", "a b", 'a"; drop', "ä", "production", longest + "a"):
        with pytest.raises(ValueError, match="name"):
            environment_name(name)
    assert [environment_of(schema) for schema in ("dev__core", "a_b___parts", "core", "__core", "dev__")] == [
        "dev",
        "a_b",
        None,
        None,
        None,
    ]
