"""Runs a table's checks on a relation: all row checks in one scan, all set checks in one statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from tributary.resources.warehouse.checks import (
    SAMPLE_ROWS,
    Check,
    CheckResult,
    NotNull,
    RowCheck,
    SetCheck,
    Sql,
    Unique,
)
from tributary.resources.warehouse.counting import CountCheck
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.table import Table, quoted

if TYPE_CHECKING:
    from tributary.resources.warehouse.engine import EngineSession, Known

PREVIEW_ROWS = 10
PROVEN_ROWS = 20_000
"""Of fewer rows a check takes less time than to see that what it looks into has not moved since."""


Count = Callable[[CountCheck, int], CheckResult]
"""Makes a check on counts, given the number of rows."""


class Asked(Protocol):
    """What answers queries about rows of a table; an `engine.EngineSession` is one."""

    @property
    def table(self) -> Table:
        """The table whose checks are made."""

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """As `engine.EngineSession.rows`."""


def audit(
    session: Asked,
    relation: str | Sql,
    count: Count | None = None,
    *,
    checks: Sequence[Check] | None = None,
    staying: str | None = None,
    proven: Callable[[SetCheck], bool] | None = None,
    known: Known | None = None,
) -> tuple[int, list[CheckResult]]:
    """Count the rows of `relation` and make the table's checks on them; results stand in the order of the checks.

    Checks on counts are left out where nothing was counted. `relation` is a quoted name or, with its values, a
    subquery. `staying` is a relation of rows that the table keeps beside these: keys must be unique among both.
    `proven` says of a check that it surely holds: of many rows it is then not made. `known` is what is known of the
    rows: where it settles all checks of single rows, they are not looked at.

    Raises:
        ChecksFailed: a check failed that blocks.
    """
    checks = session.table.checks if checks is None else checks
    relation = Sql(relation) if isinstance(relation, str) else relation
    rowwise = [check for check in checks if isinstance(check, RowCheck)]
    results: dict[str, CheckResult] = {}
    if known is not None:
        sure = [check for check in rowwise if isinstance(check, NotNull) and known.lacks_nulls(check.names)]
        results |= {check.name: CheckResult(check, 0) for check in sure}
        rowwise = [check for check in rowwise if check not in sure]
    rows, broken = _scan(session, rowwise, relation) if known is None or rowwise else (known.rows, [])
    for row_check, failures in zip(rowwise, broken, strict=True):
        sample = _sample(session, row_check.broken(), relation) if failures else []
        results[row_check.name] = CheckResult(row_check, failures, sample)
    for check in checks:
        if isinstance(check, CountCheck) and count is not None:
            results[check.name] = count(check, rows)
    sets = []
    for check in checks:
        if not isinstance(check, SetCheck):
            continue
        # Beside rows that stay, a key may be there twice however the new rows are made.
        alone = staying is None or not isinstance(check, Unique)
        if alone and proven is not None and rows >= PROVEN_ROWS and proven(check):
            results[check.name] = CheckResult(check, 0, proven=True)
        else:
            sets.append(check)
    asked = [_offenders(session, check, relation, staying, known) for check in sets]
    for set_check, offenders, failures in zip(sets, asked, _count_each(session, asked), strict=True):
        sample = _first(session, offenders) if failures else []
        results[set_check.name] = CheckResult(set_check, failures, sample)
    found = [results[check.name] for check in checks if check.name in results]
    if any(result.blocks for result in found):
        raise ChecksFailed(session.table.key, found)
    return rows, found


def preview(session: Asked, relation: str) -> list[dict[str, Any]]:
    """A few rows, as they may be shown to people."""
    return _shown(session, Sql(f"SELECT * FROM {relation} LIMIT {PREVIEW_ROWS}"))


def preview_built(session: EngineSession, relation: str) -> list[dict[str, Any]]:
    """A few of the rows built, as they may be shown to people."""
    rows = session.first_built(PREVIEW_ROWS)
    return preview(session, relation) if rows is None else [session.table.masked(row) for row in rows]


def ask(session: Asked, sql: Sql) -> list[dict[str, Any]]:
    """The rows of a query whose percent signs are doubled, whether it has values to bind or none."""
    return session.rows(sql.text if sql.params else sql.text.replace("%%", "%"), sql.params)


def _shown(session: Asked, sql: Sql) -> list[dict[str, Any]]:
    return [session.table.masked(row) for row in ask(session, sql)]


def _scan(session: Asked, checks: Sequence[RowCheck], relation: Sql) -> tuple[int, list[int]]:
    conditions = [check.broken() for check in checks]
    counts = [f", count(*) FILTER (WHERE {condition.text}) AS c{i}" for i, condition in enumerate(conditions)]
    params = list(chain.from_iterable(one.params for one in (*conditions, relation)))
    found = ask(session, Sql(f"SELECT count(*) AS n{''.join(counts)} FROM {relation.text}", params))[0]
    return found["n"], [found[f"c{i}"] for i in range(len(checks))]


def _sample(session: Asked, condition: Sql, relation: Sql) -> list[dict[str, Any]]:
    text = f"SELECT * FROM {relation.text} WHERE {condition.text} LIMIT {SAMPLE_ROWS}"
    return _shown(session, Sql(text, (*relation.params, *condition.params)))


def _offenders(session: Asked, check: SetCheck, relation: Sql, staying: str | None, known: Known | None) -> Sql:
    """The query of the groups in `relation`, or among it and the rows that stay, that break the check."""
    if isinstance(check, Unique) and staying is not None:
        relation = _beside(session, check, relation, staying, known)
    offenders = check.offenders(relation.text)
    return Sql(offenders.text, (*offenders.params, *relation.params))


def _count_each(session: Asked, queries: Sequence[Sql]) -> list[int]:
    """How many rows each query has, found by one statement, whose parts an engine can work on at the same time."""
    if not queries:
        return []
    # Postgres shares out a union that is read from; one that is the whole statement it does not.
    parts = " UNION ALL ".join(
        f"SELECT {place} AS place, count(*) AS offenders FROM ({query.text}) AS q{place}"
        for place, query in enumerate(queries)
    )
    params = list(chain.from_iterable(query.params for query in queries))
    found = ask(session, Sql(f"SELECT place, offenders FROM ({parts}) AS found", params))
    counts = {row["place"]: row["offenders"] for row in found}
    return [counts[place] for place in range(len(queries))]


def _first(session: Asked, query: Sql) -> list[dict[str, Any]]:
    return _shown(session, Sql(f"SELECT * FROM ({query.text}) AS o LIMIT {SAMPLE_ROWS}", query.params))


def _beside(session: Asked, check: Unique, relation: Sql, staying: str, known: Known | None) -> Sql:
    """Where to look for two rows of either relation that share a key, of which one at least is in the first."""
    key = ", ".join(quoted(name) for name in check.names)
    nulls = " OR ".join(f"{quoted(name)} IS NULL" for name in check.names)
    text = f"SELECT 1 AS found FROM {relation.text} WHERE {nulls} LIMIT 1"
    lacks_nulls = known is not None and known.lacks_nulls(check.names)
    has_nulls = not lacks_nulls and bool(ask(session, Sql(text, relation.params)))
    rule = session.table.deduplicate
    if not has_nulls and rule is not None and set(rule.key) <= set(check.names):
        return relation  # what shared the key has made way
    # Nulls are equal to a check but not to a join, so that only a look at all rows finds their like.
    rest, params = "", relation.params
    if not has_nulls:
        rest, params = f" WHERE ({key}) IN (SELECT {key} FROM {relation.text})", (*params, *params)
    return Sql(f"(SELECT {key} FROM {relation.text} UNION ALL SELECT {key} FROM {staying} AS s{rest})", params)
