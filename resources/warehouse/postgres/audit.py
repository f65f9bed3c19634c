"""Runs a table's checks on a relation: all row checks in one scan, each set check by a query of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from tributary.resources.warehouse.checks import SAMPLE_ROWS, Check, CheckResult, RowCheck, SetCheck, Sql
from tributary.resources.warehouse.counting import CountCheck
from tributary.resources.warehouse.postgres.session import Session

Count = Callable[[CountCheck, int], CheckResult]
"""Makes a check on counts, given the number of rows."""


def audit(
    session: Session, checks: Sequence[Check], relation: str, count: Count | None = None
) -> tuple[int, list[CheckResult]]:
    """Count the rows of `relation` (a quoted name) and check them; results stand in the order of `checks`.

    Checks on counts are left out where nothing was counted.
    """
    rowwise = [check for check in checks if isinstance(check, RowCheck)]
    rows, broken = _scan(session, rowwise, relation)
    results: dict[str, CheckResult] = {}
    for row_check, failures in zip(rowwise, broken, strict=True):
        sample = _sample(session, row_check.broken(), relation) if failures else []
        results[row_check.name] = CheckResult(row_check, failures, sample)
    for check in checks:
        if isinstance(check, SetCheck):
            results[check.name] = check_set(session, check, relation)
        elif isinstance(check, CountCheck) and count is not None:
            results[check.name] = count(check, rows)
    return rows, [results[check.name] for check in checks if check.name in results]


def _scan(session: Session, checks: Sequence[RowCheck], relation: str) -> tuple[int, list[int]]:
    conditions = [check.broken() for check in checks]
    counts = [f", count(*) FILTER (WHERE {condition.text}) AS c{i}" for i, condition in enumerate(conditions)]
    params = list(chain.from_iterable(condition.params for condition in conditions))
    # Without values to bind, psycopg sends the text as it is, so that doubled percent signs must be single again.
    text = f"SELECT count(*) AS rows{''.join(counts)} FROM {relation}"
    found = session.row(text if params else text.replace("%%", "%"), params)
    return found["rows"], [found[f"c{i}"] for i in range(len(checks))]


def _sample(session: Session, condition: Sql, relation: str) -> list[dict[str, Any]]:
    text = f"SELECT * FROM {relation} WHERE {condition.text} LIMIT {SAMPLE_ROWS}"
    return session.sample(text if condition.params else text.replace("%%", "%"), condition.params)


def check_set(session: Session, check: SetCheck, relation: str) -> CheckResult:
    """Make one set check on `relation` (a quoted name or a subquery)."""
    offenders = check.offenders(relation)
    found = session.sample(
        f"SELECT *, count(*) OVER () AS offenders_ FROM ({offenders.text}) AS o LIMIT {SAMPLE_ROWS}", offenders.params
    )
    failures = found[0]["offenders_"] if found else 0
    sample = [{key: value for key, value in row.items() if key != "offenders_"} for row in found]
    return CheckResult(check, failures, sample)
