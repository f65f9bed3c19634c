"""Tells of published rows without writing: their size, a few of them, and how they stand to what they follow from."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from tributary.resources.warehouse.base import Recipe, Standing, WriteReport
from tributary.resources.warehouse.checks import CheckResult
from tributary.resources.warehouse.counting import CountCheck, Counts
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.postgres.audit import audit
from tributary.resources.warehouse.postgres.notes import read_note, versions, write_note
from tributary.resources.warehouse.postgres.quarantine import held_lines
from tributary.resources.warehouse.postgres.relations import find, has_columns
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.postgres.turns import ensure_turn, take_turn
from tributary.resources.warehouse.table import Table

PREVIEW_ROWS = 10
UNCHANGED = "-- unchanged: the published rows are what this would make again"


def review(session: Session, table: Table) -> WriteReport:
    """Count and check the published rows as they are.

    Raises:
        ChecksFailed: a blocking check fails on them.
    """
    started = time.perf_counter()
    note = read_note(session, table)
    lines, rejected = (note.published.lines, note.published.rejected) if note else (0, 0)

    def count(check: CountCheck, rows: int) -> CheckResult:
        # What was read is noted; what the database holds is counted.
        return check.found(Counts(lines, rows, *held_lines(session, table)), {})

    rows, checks = audit(session, table.checks, table.sql_name, count)
    if any(result.blocks for result in checks):
        raise ChecksFailed(table.key, checks)
    return WriteReport(
        table=table,
        rows=rows,
        bytes=size_of(session, table),
        seconds=time.perf_counter() - started,
        statement=UNCHANGED,
        checks=checks,
        preview=preview_of(session, table.sql_name),
        lines=lines,
        rejected=rejected,
        unchanged=True,
        fingerprint=note.published.fingerprint if note else "",
    )


def standing(session: Session, table: Table, recipe: Recipe) -> Standing:
    """How the published rows stand to a recipe; where they are what it would make, a report without a scan of them."""
    started = time.perf_counter()
    known = versions(session, dict.fromkeys((*recipe.inputs, *recipe.looked_into)))
    if None in known.values():
        return Standing(None)
    made_from = _digest([recipe.digest, repr(table), *(f"{name} {known[name]}" for name in sorted(recipe.inputs))])
    checked_by = _digest(f"{name} {known[name]}" for name in sorted(recipe.looked_into))
    fingerprint = f"{made_from}:{checked_by}"
    if read_note(session, table) is None:
        return Standing(fingerprint)
    ensure_turn(session, table.key)
    with session.transaction():
        # As writers do: what is noted below must be of the rows that were looked at.
        take_turn(session, table.key)
        note, found = read_note(session, table), find(session, table)
        if note is None or note.checks is None or note.published.fingerprint.partition(":")[0] != made_from:
            return Standing(fingerprint)
        if found is None or not has_columns(found, table):
            return Standing(fingerprint)
        if note.published.fingerprint == fingerprint:
            checks = _noted_checks(session, table, note.checks)
        else:
            checks = audit(session, table.checks, table.sql_name)[1]
            if any(result.blocks for result in checks):
                raise ChecksFailed(table.key, checks)
            published = replace(note.published, fingerprint=fingerprint)
            write_note(session, table, published, content=note.content, checks=checks, same_rows=True)
    size, preview = size_of(session, table), preview_of(session, table.sql_name)
    seconds = time.perf_counter() - started
    return Standing(
        fingerprint,
        WriteReport(
            table,
            note.published.rows,
            size,
            seconds,
            UNCHANGED,
            checks=checks,
            preview=preview,
            unchanged=True,
            fingerprint=fingerprint,
        ),
    )


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def size_of(session: Session, table: Table) -> int:
    """Bytes that the table takes on disk, indexes among them; 0 for a view."""
    size: int = session.row(
        "SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint AS bytes FROM pg_partition_tree(%s::regclass)",
        (table.sql_name,),
    )["bytes"]
    return size


def preview_of(session: Session, relation: str) -> list[dict[str, Any]]:
    """A few rows of a relation, by its quoted name."""
    return session.sample(f"SELECT * FROM {relation} LIMIT {PREVIEW_ROWS}")


def _noted_checks(session: Session, table: Table, failures: Mapping[str, int]) -> list[CheckResult]:
    """The results that were noted; checks that found something are made again, for the rows they show."""
    found = [check for check in table.checks if failures.get(check.name) != 0]
    again = {result.check.name: result for result in audit(session, found, table.sql_name)[1]} if found else {}
    return [again.get(check.name, CheckResult(check, 0)) for check in table.checks]
