"""Checks that hold by construction: what is proven of a SELECT's text, and when a check may be left out for it."""

from __future__ import annotations

import pytest
from sqlglot import exp, parse_one

from tributary.assets.factory import proven as proving
from tributary.resources.warehouse import audit
from tributary.resources.warehouse.base import Proof, Select
from tributary.resources.warehouse.checks import References, Unique
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table

CHECK = References("k", "core", "dim", "k")
SCHEMA = {
    "core.dim": {"k": "integer", "other": "integer"},
    "core.far": {"k": "integer", "d": "integer"},
    "staged.s": {"k": "integer", "long": "bigint", "n": "integer"},
}
TABLE = Table("core", "fact", (Column("k", "integer", "K."),), checks=(CHECK,))


def proven(text: str, table: Table = TABLE) -> bool:
    select = parse_one(text, dialect="postgres")
    assert isinstance(select, exp.Query)
    return CHECK.name in proving.proven(table, select, SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT d.k FROM core.dim AS d",
        "SELECT d.k FROM staged.s AS s LEFT JOIN core.dim AS d ON d.k = s.k",
        "SELECT s.k FROM staged.s AS s INNER JOIN core.dim AS d ON d.k = s.k AND d.other > 1",
        "SELECT s.k FROM staged.s AS s JOIN core.dim AS d ON s.n = 1 AND s.k = d.k LEFT JOIN core.far AS f ON f.d = 1",
        "SELECT s.k FROM staged.s AS s, core.dim AS d WHERE s.k = d.k GROUP BY s.k",
        "WITH a AS (SELECT DISTINCT k AS x FROM core.dim), b AS (SELECT x FROM a WHERE x > 1) SELECT x AS k FROM b",
        "WITH d AS (SELECT k FROM core.dim) SELECT s.k FROM staged.s AS s JOIN d ON d.k = s.k",
        "SELECT k FROM core.dim UNION ALL SELECT s.k FROM staged.s AS s JOIN core.dim AS d ON s.k = d.k",
    ],
)
def test_what_is_handed_on_or_joined_surely_stands(text: str) -> None:
    assert proven(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT s.k FROM staged.s AS s",
        "SELECT s.k FROM staged.s AS s LEFT JOIN core.dim AS d ON d.k = s.k",
        "SELECT s.k FROM staged.s AS s FULL JOIN core.dim AS d ON d.k = s.k",
        "SELECT s.k FROM staged.s AS s RIGHT JOIN core.dim AS d ON d.k = s.k",
        "SELECT s.k FROM staged.s AS s JOIN core.dim AS d ON d.k = s.k OR s.n = 1",
        "SELECT s.k FROM staged.s AS s JOIN core.dim AS d ON d.k = s.k + 0",
        "SELECT s.k FROM staged.s AS s JOIN core.dim AS d ON NOT d.k = s.k",
        "SELECT s.k FROM staged.s AS s JOIN core.dim AS d ON d.other = s.k",
        "SELECT s.k FROM staged.s AS s WHERE EXISTS (SELECT 1 FROM core.dim AS d WHERE d.k <> s.k)",
        "SELECT s.long AS k FROM staged.s AS s JOIN core.dim AS d ON d.k = s.long",
        "SELECT d.k + 1 AS k FROM core.dim AS d",
        "SELECT coalesce(d.k, 0) AS k FROM core.dim AS d",
        "SELECT d.other AS k FROM core.dim AS d",
        "SELECT f.k FROM core.far AS f",
        "WITH dim AS (SELECT k FROM staged.s) SELECT dim.k FROM dim",
        "SELECT k FROM core.dim UNION ALL SELECT k FROM staged.s",
        "WITH RECURSIVE r AS (SELECT k FROM staged.s UNION ALL SELECT k FROM r WHERE k < 1) SELECT k FROM r",
    ],
)
def test_what_could_be_another_value_is_asked(text: str) -> None:
    assert not proven(text)


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("SELECT s.k, s.n FROM staged.s AS s GROUP BY s.k, s.n", True),
        ("SELECT s.k, s.n, cast(coalesce(sum(s.long), 0) AS bigint) AS t FROM staged.s AS s GROUP BY 1, 2", True),
        ("SELECT s.k, 1 AS n FROM staged.s AS s GROUP BY s.k", True),
        ("WITH a AS (SELECT k AS x, n FROM staged.s) SELECT x AS k, n FROM a GROUP BY x, n", True),
        ("WITH x AS (SELECT 1), a AS (SELECT k, n FROM staged.s GROUP BY k, n) SELECT k, n FROM a WHERE k > 1", True),
        ("WITH a AS (SELECT k, n FROM staged.s GROUP BY k, n) SELECT k, n FROM a JOIN core.far USING (k)", False),
        ("WITH a AS (SELECT k, n FROM staged.s GROUP BY k, n) SELECT k, k AS n FROM a", False),
        ("WITH a AS (SELECT k, n FROM staged.s GROUP BY k, n) SELECT a.k, a.n FROM a, a AS b", False),
        ("WITH a AS (SELECT k, n FROM staged.s GROUP BY k, n) SELECT k, n, strange(k) AS t FROM a", False),
        ("SELECT s.k, s.n FROM staged.s AS s", False),
        ("SELECT s.k, max(s.n) AS n FROM staged.s AS s GROUP BY s.k, s.n", False),
        ("SELECT s.k, s.n FROM staged.s AS s GROUP BY s.k, s.n, s.long", False),
        ("SELECT s.k, s.long AS n FROM staged.s AS s GROUP BY s.k, s.long", False),
        ("SELECT s.k, s.n FROM staged.s AS s GROUP BY ROLLUP (s.k, s.n)", False),
        ("SELECT s.k, s.n, generate_series(1, 2) AS t FROM staged.s AS s GROUP BY s.k, s.n", False),
        ("SELECT s.k, s.n, strange(s.k) AS t FROM staged.s AS s GROUP BY s.k, s.n", False),
        ("SELECT g.k, g.n FROM (SELECT k, n FROM staged.s GROUP BY k, n) AS g CROSS JOIN core.far AS f", False),
        ("SELECT k, n FROM staged.s GROUP BY k, n UNION ALL SELECT k, n FROM staged.s GROUP BY k, n", False),
    ],
)
def test_a_key_is_surely_unique_where_rows_are_grouped_by_it(text: str, is_so: bool) -> None:
    unique = Unique(("k", "n"))
    table = Table("core", "fact", tuple(Column(name, "integer", name) for name in "kn"), checks=(unique,))
    select = parse_one(text, dialect="postgres")
    assert isinstance(select, exp.Query)
    assert (unique.name in proving.proven(table, select, SCHEMA)) is is_so


def test_a_cast_to_another_type_is_asked() -> None:
    other = Table("core", "fact", (Column("k", "bigint", "K."),), checks=(CHECK,))
    assert not proven("SELECT d.k FROM core.dim AS d", other)


@pytest.mark.parametrize(("moved", "passes"), [(False, True), (True, False)])
def test_a_proven_check_is_left_out_only_for_the_version_that_was_read(
    warehouse: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch, moved: bool, passes: bool
) -> None:
    """The SELECT breaks the check on purpose, so that it shows whether it was made."""
    monkeypatch.setattr(audit, "PROVEN_ROWS", 1)
    dim = Table("core", "dim", (Column("k", "integer", "K."),))
    warehouse.replace(dim, Select("SELECT 1 AS k"))
    version = warehouse.publication(dim).version or ""
    if moved:
        warehouse.replace(dim, Select("SELECT 2 AS k"))
    select = Select("SELECT 3 AS k", proof=Proof([CHECK.name], {"core.dim": version}))
    if not passes:
        with pytest.raises(ChecksFailed, match="references_k_dim"):
            warehouse.replace(TABLE, select)
        return
    (result,) = warehouse.replace(TABLE, select).checks
    assert (result.passed, result.proven) == (True, True)
