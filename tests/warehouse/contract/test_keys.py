"""A window of keys makes the rows of these keys exactly those given; a feed tells readers which values differ."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.warehouse.contract.rows import select

from tributary.resources.warehouse.audit import Asked, audit
from tributary.resources.warehouse.base import Recipe, Select, WriteReport
from tributary.resources.warehouse.checks import CheckResult, Expression, NotNull, References, Sql, Unique
from tributary.resources.warehouse.errors import ChecksFailed, InputsMovedError, WarehouseError
from tributary.resources.warehouse.following import KeyPlan, Lookup, Read, place_of
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import Keys, SourceObjects

ID, OWNER, SOURCE = Column("id", "integer", "I."), Column("owner", "text", "O."), Column("source", "text", "S.")
PETS = Table(
    "core",
    "pets",
    (ID, OWNER),
    checks=(Unique(("id",)), NotNull(("owner",)), Expression("id > 0", title="positive")),
)
READER = Table("gold", "owners", (OWNER,))
SOLD = Table("staged", "sold", (ID, OWNER, SOURCE))


def rows(*pairs: tuple[int | None, str | None]) -> Select:
    return select(PETS, pairs)


def keep(warehouse: Warehouse, owners: list[str], *pairs: tuple[int | None, str | None]) -> WriteReport:
    return warehouse.replace(PETS, rows(*pairs), window=Keys(("owner",), [(owner,) for owner in owners]))


def pets(warehouse: Warehouse) -> list[tuple[int, str]]:
    return [(row["id"], row["owner"]) for row in warehouse.rows("SELECT id, owner FROM core.pets ORDER BY id, owner")]


def test_the_rows_of_the_keys_become_those_given_and_others_stay(warehouse: Warehouse) -> None:
    warehouse.replace(PETS, rows((1, "ann"), (2, "ann"), (3, "bob"), (4, "cem")))
    report = keep(warehouse, ["ann", "bob", "dee"], (1, "ann"), (5, "ann"), (6, "dee"), (7, "cem"))
    assert pets(warehouse) == [(1, "ann"), (4, "cem"), (5, "ann"), (6, "dee")]
    assert (report.rows, report.keys, report.table_rows, report.unchanged) == (3, 3, 4, False)


def test_what_is_the_same_is_no_new_version(warehouse: Warehouse) -> None:
    def version() -> str | None:
        return warehouse.standing(READER, Recipe("1", ("core.pets",))).fingerprint

    warehouse.replace(PETS, rows((1, "ann"), (2, "ann"), (3, "bob")))
    was = version()
    assert keep(warehouse, ["ann", "eve"], (2, "ann"), (1, "ann")).unchanged
    assert version() == was
    keep(warehouse, ["ann"], (2, "ann"), (9, "ann"))
    assert version() != was


def test_duplicates_and_nulls_are_rows_like_others(warehouse: Warehouse) -> None:
    table = Table("core", "pets", PETS.columns)
    window = Keys(("owner",), [("ann",)])
    warehouse.replace(table, rows((1, "ann"), (1, "ann"), (None, "ann"), (1, None)))
    warehouse.replace(table, rows((1, "ann"), (None, "ann"), (None, "ann"), (1, None)), window=window)
    assert pets(warehouse) == [(1, "ann"), (1, None), (None, "ann"), (None, "ann")]


def test_keys_of_two_columns(warehouse: Warehouse) -> None:
    warehouse.replace(PETS, rows((1, "ann"), (2, "ann"), (3, "bob")))
    warehouse.replace(PETS, rows((2, "ann"), (4, "bob")), window=Keys(("id", "owner"), [("1", "ann"), (4, "bob")]))
    assert pets(warehouse) == [(2, "ann"), (3, "bob"), (4, "bob")]


def test_a_table_that_is_not_there_yet_begins_with_these_rows(warehouse: Warehouse) -> None:
    assert keep(warehouse, ["ann"], (1, "ann"), (2, "bob")).table_rows == 1
    assert pets(warehouse) == [(1, "ann")]


@pytest.mark.parametrize(
    ("given", "check"),
    [
        ([(3, "ann")], "unique_id"),
        ([(5, "ann"), (5, "ann")], "unique_id"),
        ([(-1, "ann")], "positive"),
    ],
)
def test_a_failed_check_leaves_the_old_rows(
    warehouse: Warehouse, given: list[tuple[int | None, str]], check: str
) -> None:
    warehouse.replace(PETS, rows((1, "ann"), (3, "bob")))
    with pytest.raises(ChecksFailed, match=check):
        keep(warehouse, ["ann"], *given)
    assert pets(warehouse) == [(1, "ann"), (3, "bob")]


def test_new_rows_must_stand_in_what_they_reference(warehouse: Warehouse) -> None:
    table = Table("core", "pets", PETS.columns, checks=(References("id", "core", "ids", "id"),))
    warehouse.replace(Table("core", "ids", (ID,)), Select("SELECT 1 AS id"))
    warehouse.replace(table, rows((1, "ann")))
    with pytest.raises(ChecksFailed, match="references_id_ids"):
        warehouse.replace(table, rows((2, "ann")), window=Keys(("owner",), [("ann",)]))
    assert pets(warehouse) == [(1, "ann")]


@pytest.mark.parametrize(
    "keys", [Keys(("owner",), [(None,)]), Keys(("owner",), [("a", "b")]), Keys(("no",), []), Keys((), [])]
)
def test_keys_that_are_none_are_refused(warehouse: Warehouse, keys: Keys) -> None:
    with pytest.raises(WarehouseError, match="key"):
        warehouse.replace(PETS, rows((1, "ann")), window=keys)


PLAN = KeyPlan(("owner",), ((),), (Read("staged.sold", ("owner",), 0),))
WHOLE = Select("SELECT id, owner FROM staged.sold")
PART = Select(f"SELECT id, owner FROM staged.sold WHERE owner = '{place_of(0, 0)}'", PLAN)


def sell(warehouse: Warehouse, source: str, *pairs: tuple[int, str]) -> None:
    warehouse.replace(
        SOLD,
        Select(f"SELECT *, '{source}' AS source FROM ({rows(*pairs).sql}) AS r"),
        window=SourceObjects("source", [source]),
    )


def follow(warehouse: Warehouse, digest: str = "1") -> set[str] | None:
    """Make the pets follow what was sold; the owners whose pets were written, None where all were."""
    found = warehouse.standing(PETS, Recipe(digest, ("staged.sold",), plan=PLAN))
    if found.report is not None:
        return set()
    if found.keys is None:
        warehouse.replace(PETS, WHOLE, fingerprint=found.fingerprint, follows=found.follows)
        return None
    window = Keys(PLAN.columns, sorted(found.keys))
    warehouse.replace(PETS, PART, window=window, fingerprint=found.fingerprint, follows=found.follows)
    return {key[0] for key in found.keys}


def test_the_feed_tells_whose_rows_differ(warehouse: Warehouse) -> None:
    sell(warehouse, "1", (1, "ann"), (2, "bob"))
    assert follow(warehouse) is None
    sell(warehouse, "2", (3, "o'neil \"\\"), (4, "ann"))
    sell(warehouse, "1", (1, "ann"), (5, "cem"))
    assert follow(warehouse) == {"o'neil \"\\", "ann", "bob", "cem"}
    assert pets(warehouse) == [(1, "ann"), (3, "o'neil \"\\"), (4, "ann"), (5, "cem")]
    assert follow(warehouse) == set()
    sell(warehouse, "1", (1, "ann"), (5, "cem"))
    assert follow(warehouse) == set()
    sell(warehouse, "3", (6, "bob"))
    assert follow(warehouse) == {"bob"}


def sell_all(warehouse: Warehouse, *pairs: tuple[int, str]) -> WriteReport:
    """Write the sold pets whole."""
    return warehouse.replace(SOLD, Select(f"SELECT *, '1' AS source FROM ({rows(*pairs).sql}) AS r"))


def test_a_small_table_that_is_written_whole_tells_what_differs(warehouse: Warehouse) -> None:
    sell_all(warehouse, (1, "ann"), (2, "bob"), (3, "cem"))
    assert follow(warehouse) is None
    assert not sell_all(warehouse, (1, "ann"), (4, "bob"), (5, "dee"), (3, "cem")).unchanged
    assert follow(warehouse) == {"bob", "dee"}
    assert pets(warehouse) == [(1, "ann"), (3, "cem"), (4, "bob"), (5, "dee")]
    assert sell_all(warehouse, (3, "cem"), (5, "dee"), (4, "bob"), (1, "ann")).unchanged
    assert follow(warehouse) == set()
    sell(warehouse, "2", (6, "ann"))
    assert follow(warehouse) == {"ann"}


def test_where_the_feed_has_a_gap_all_is_made_anew(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tributary.resources.warehouse.write.MOST_COMPARED", 0)
    sell(warehouse, "1", (1, "ann"))
    follow(warehouse)
    sell_all(warehouse, (2, "bob"))
    sell(warehouse, "2", (3, "cem"))
    assert follow(warehouse) is None
    assert pets(warehouse) == [(2, "bob"), (3, "cem")]
    sell(warehouse, "2", (4, "cem"))
    assert follow(warehouse, digest="2") is None
    assert pets(warehouse) == [(2, "bob"), (4, "cem")]


def test_of_rows_that_stand_those_are_checked_again_that_refer_to_what_changed(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = Table("core", "people", (OWNER, SOURCE))
    known = References("owner", "core", "people", "owner", severity="warn")
    table = Table("core", "pets", PETS.columns, checks=(known,))

    def know(*owners: str) -> None:
        given = " UNION ALL ".join(f"SELECT '{owner}' AS owner, '1' AS source" for owner in owners)
        warehouse.replace(people, Select(given), window=SourceObjects("source", ["1"]))

    def look() -> list[int]:
        """Make the pets where anything was sold; how often the check failed of what was looked at."""
        found = warehouse.standing(table, Recipe("1", ("staged.sold",), ("core.people",), PLAN))
        if found.report is not None:
            return [one.failures for one in found.report.checks]
        window = Keys(PLAN.columns, sorted(found.keys)) if found.keys is not None else None
        source = PART if window else WHOLE
        told = {"fingerprint": found.fingerprint, "follows": found.follows}
        return [one.failures for one in warehouse.replace(table, source, window=window, **told).checks]  # type: ignore[arg-type]

    sell(warehouse, "1", (1, "ann"), (2, "bob"), (3, "cem"), (4, "dee"))
    know("ann", "bob", "cem", "dee")
    assert look() == [0]
    know("ann", "bob", "cem", "dee", "eve")
    looked: list[object] = []

    def noticed(session: Asked, relation: str | Sql, **more: Any) -> tuple[int, list[CheckResult]]:
        looked.append(relation)
        return audit(session, relation, **more)

    with monkeypatch.context() as patch:
        patch.setattr("tributary.resources.warehouse.published.audit", noticed)
        assert look() == [0]
    assert ["WHERE" in str(relation) for relation in looked] == [True]
    know("ann", "bob")
    assert look() == [2]
    assert look() == [2]
    sell(warehouse, "2", (5, "ann"))
    assert look() == [0]
    # Of the others it is known that they failed.
    assert look() == [2]
    know("ann", "bob", "cem")
    assert look() == [1]


def test_inputs_that_move_in_between_are_noticed(warehouse: Warehouse) -> None:
    sell(warehouse, "1", (1, "ann"))
    follow(warehouse)
    sell(warehouse, "2", (2, "bob"))
    found = warehouse.standing(PETS, Recipe("1", ("staged.sold",), plan=PLAN))
    sell(warehouse, "3", (3, "cem"))
    with pytest.raises(InputsMovedError):
        warehouse.replace(
            PETS, PART, window=Keys(PLAN.columns, sorted(found.keys or ())), follows=found.follows, fingerprint="x"
        )
    assert pets(warehouse) == [(1, "ann")]
    assert follow(warehouse) == {"bob", "cem"}


def test_a_feed_is_kept_for_readers_only_and_not_for_ever(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tributary.resources.warehouse.changes.KEPT", 3)
    sell(warehouse, "0", (1, "ann"))
    sell(warehouse, "1", (2, "ann"))
    assert follow(warehouse) is None
    for number in range(3):
        sell(warehouse, "1", (number + 10, "ann"))
    assert follow(warehouse) == {"ann"}
    for number in range(4):
        sell(warehouse, "1", (number + 20, "ann"))
    assert follow(warehouse) is None


DAY, RATE = Column("day", "date", "D."), Column("rate", "bigint", "R.")
ORDERS, RATES = Table("staged", "orders", (ID, DAY, SOURCE)), Table("staged", "rates", (DAY, RATE, SOURCE))
DUE = Table("core", "due", (ID, RATE))
BY_DAY = KeyPlan(
    ("id",),
    ((), (Lookup("staged.orders", ("day",), ("id",), 0),)),
    (Read("staged.orders", ("id",), 0), Read("staged.rates", ("day",), 1)),
)
SUMS = (
    "SELECT o.id, sum(r.rate) AS rate FROM (SELECT * FROM staged.orders {}) AS o "
    "JOIN (SELECT * FROM staged.rates {}) AS r ON o.day = r.day GROUP BY o.id"
)


def test_values_that_are_no_text_are_followed_through_the_tables_between(warehouse: Warehouse) -> None:
    def put(table: Table, source: str, *given: tuple[date | int, date | int]) -> None:
        window = SourceObjects("source", [source])
        warehouse.replace(table, select(table, [(*one, source) for one in given]), window=window)

    def follow() -> set[tuple[str, ...]] | None:
        found = warehouse.standing(DUE, Recipe("1", ("staged.orders", "staged.rates"), plan=BY_DAY))
        told = {"fingerprint": found.fingerprint, "follows": found.follows}
        if found.keys is None:
            warehouse.replace(DUE, Select(SUMS.format("", "")), **told)  # type: ignore[arg-type]
            return None
        only = [f"WHERE {name} = '{place_of(number, 0)}'" for number, name in enumerate(("id", '"day"'))]
        window = Keys(("id",), sorted(found.keys))
        warehouse.replace(DUE, Select(SUMS.format(*only), BY_DAY), window=window, **told)  # type: ignore[arg-type]
        return set(found.keys)

    def due() -> dict[int, int]:
        return {row["id"]: row["rate"] for row in warehouse.rows("SELECT id, rate FROM core.due")}

    first, second = date(2024, 1, 1), date(2024, 1, 2)
    put(ORDERS, "a", (1, first), (2, second), (10, second))
    put(RATES, "a", (first, 5))
    put(RATES, "b", (second, 7))
    assert (follow(), due()) == (None, {1: 5, 2: 7, 10: 7})
    put(RATES, "b", (second, 8))
    assert (follow(), due()) == ({("2",), ("10",)}, {1: 5, 2: 8, 10: 8})
    put(ORDERS, "b", (1, second))
    assert (follow(), due()) == ({("1",)}, {1: 13, 2: 8, 10: 8})
