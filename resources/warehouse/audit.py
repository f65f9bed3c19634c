"""Runs a table's checks on a relation: all row checks in one scan, each set check by a query of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Protocol

from tributary.resources.warehouse.checks import SAMPLE_ROWS, Check, CheckResult, RowCheck, SetCheck, Sql, Unique
from tributary.resources.warehouse.counting import CountCheck
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.table import Table, quoted

PREVIEW_ROWS = 10


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
) -> tuple[int, list[CheckResult]]:
    """Count the rows of `relation` and make the table's checks on them; results stand in the order of the checks.

    Checks on counts are left out where nothing was counted. `relation` is a quoted name or, with its values, a
    subquery. `staying` is a relation of rows that the table keeps beside these: keys must be unique among both.

    Raises:
        ChecksFailed: a check failed that blocks.
    """
    checks = session.table.checks if checks is None else checks
    relation = Sql(relation) if isinstance(relation, str) else relation
    rowwise = [check for check in checks if isinstance(check, RowCheck)]
    rows, broken = _scan(session, rowwise, relation)
    results: dict[str, CheckResult] = {}
    for row_check, failures in zip(rowwise, broken, strict=True):
        sample = _sample(session, row_check.broken(), relation) if failures else []
        results[row_check.name] = CheckResult(row_check, failures, sample)
    for check in checks:
        if isinstance(check, Unique) and staying is not None:
            results[check.name] = _unique_beside(session, check, relation.text, staying)
        elif isinstance(check, SetCheck):
            results[check.name] = _check_set(session, check, relation)
        elif isinstance(check, CountCheck) and count is not None:
            results[check.name] = count(check, rows)
    found = [results[check.name] for check in checks if check.name in results]
    if any(result.blocks for result in found):
        raise ChecksFailed(session.table.key, found)
    return rows, found


def preview(session: Asked, relation: str) -> list[dict[str, Any]]:
    """A few rows, as they may be shown to people."""
    return _shown(session, Sql(f"SELECT * FROM {relation} LIMIT {PREVIEW_ROWS}"))


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


def _check_set(session: Asked, check: SetCheck, relation: Sql) -> CheckResult:
    offenders = check.offenders(relation.text)
    text = f"SELECT *, count(*) OVER () AS offenders_ FROM ({offenders.text}) AS o LIMIT {SAMPLE_ROWS}"
    found = _shown(session, Sql(text, (*offenders.params, *relation.params)))
    failures = found[0]["offenders_"] if found else 0
    sample = [{key: value for key, value in row.items() if key != "offenders_"} for row in found]
    return CheckResult(check, failures, sample)


def _unique_beside(session: Asked, check: Unique, relation: str, staying: str) -> CheckResult:
    """Whether no two rows of either relation share a key, of which one at least is in the first."""
    key = ", ".join(quoted(name) for name in check.names)
    nulls = " OR ".join(f"{quoted(name)} IS NULL" for name in check.names)
    has_nulls = bool(session.rows(f"SELECT 1 AS found FROM {relation} WHERE {nulls} LIMIT 1"))
    rule = session.table.deduplicate
    if not has_nulls and rule is not None and set(rule.key) <= set(check.names):
        return _check_set(session, check, Sql(relation))  # what shared the key has made way
    # Nulls are equal to a check but not to a join, so that only a look at all rows finds their like.
    rest = "" if has_nulls else f" WHERE ({key}) IN (SELECT {key} FROM {relation})"
    both = f"(SELECT {key} FROM {relation} UNION ALL SELECT {key} FROM {staying} AS s{rest})"
    return _check_set(session, check, Sql(both))
