"""Tells of published rows without writing any: checked again, and how they stand to what they follow from."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tributary.resources.warehouse.audit import audit, preview
from tributary.resources.warehouse.base import Note, Recipe, Standing, WriteReport
from tributary.resources.warehouse.changes import changed_keys, follow, referring
from tributary.resources.warehouse.checks import CheckResult, References
from tributary.resources.warehouse.counting import CountCheck, Counts
from tributary.resources.warehouse.engine import EngineSession
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.following import Follows
from tributary.resources.warehouse.quarantine import count_lines
from tributary.resources.warehouse.write import UNCHANGED, noted_failures


def review(session: EngineSession, *, noted: bool = False) -> WriteReport:
    """Count and check the published rows as they are.

    With `noted`, what their write found of the rows alone is told as it was noted then, and not looked for again; where
    that is all that there is to tell, the rows are not counted either.

    Raises:
        ChecksFailed: a blocking check fails on them.
    """
    started = time.perf_counter()
    found = session.note()
    note, told = found or Note(0), (found.checks if found and noted else None) or {}

    def count(check: CountCheck, rows: int) -> CheckResult:
        # What was read is noted; what the database holds is counted.
        return check.found(Counts(note.lines, rows, *count_lines(session)), {})

    every = session.table.checks
    again = [check for check in every if isinstance(check, CountCheck | References) or told.get(check.name) != 0]
    counts = [check for check in again if isinstance(check, CountCheck)]
    if noted and found and counts == again:
        rows, made = note.rows, [count(check, note.rows) for check in counts]
        if any(result.blocks for result in made):
            raise ChecksFailed(session.table.key, made)
    else:
        rows, made = audit(session, session.table.sql_name, count, checks=again)
    known = {result.check.name: result for result in made}
    checks = [known.get(check.name, CheckResult(check, 0)) for check in every]
    return _report(session, replace(note, rows=rows), checks, started)


def standing(session: EngineSession, recipe: Recipe) -> Standing:
    """How the published rows stand to a recipe; where they are what it would make, a report without a scan of them."""
    started, table = time.perf_counter(), session.table
    known = dict(session.versions({*recipe.inputs, *recipe.looked_into, table.key}))
    own = known.pop(table.key)
    if None in known.values():
        return Standing(None)
    inputs = {name: known[name] or "" for name in recipe.inputs}
    made_from = _digest([recipe.digest, table.definition, *(f"{name} {known[name]}" for name in sorted(recipe.inputs))])
    follows = None
    if recipe.plan is not None or recipe.follows_checks:
        tables = recipe.plan.tables if recipe.plan is not None else ()
        followed = {name: known[name] or "" for name in (*tables, *recipe.looked_into)}
        follows = Follows(_digest([recipe.digest, table.definition]), followed, recipe.plan, own or "")
    checked_by = _digest(f"{name} {known[name]}" for name in sorted(recipe.looked_into))
    fingerprint = f"{made_from}:{checked_by}"
    unlike = Standing(fingerprint, follows=follows, versions=inputs)
    if session.note() is None:
        return unlike
    # As writers do: what is noted below must be of the rows that were looked at.
    with session.turn(table.key):
        note = session.note()
        if note is None or not session.is_current():
            return unlike
        if note.fingerprint.partition(":")[0] != made_from:
            keys = changed_keys(session, follows, note) if follows else None
            return replace(unlike, keys=keys)
        if note.checks is not None and note.fingerprint == fingerprint:
            checks: Sequence[CheckResult] = _noted_checks(session, note.checks)
        else:
            checks = _checked_again(session, note, follows)
            note = replace(note, fingerprint=fingerprint, checks=noted_failures(checks))
            if follows is not None:
                if note.recipe != follows.recipe:
                    follow(session, follows)
                note = replace(note, recipe=follows.recipe, inputs={**note.inputs, **follows.versions})
            session.renew_note(note)
    return replace(unlike, report=_report(session, replace(note, lines=0, rejected=0), checks, started))


def _checked_again(session: EngineSession, note: Note, follows: Follows | None) -> Sequence[CheckResult]:
    """The checks where tables that they look into have changed: of the rows that refer to what went, if it is known."""
    refer = referring(session, follows, note) if follows is not None and note.checks is not None else None
    if refer is None or note.checks is None:
        return audit(session, session.table.sql_name)[1]
    return _noted_checks(session, noted_failures(audit(session, refer)[1], note.checks))


def _report(session: EngineSession, note: Note, checks: Sequence[CheckResult], started: float) -> WriteReport:
    size, shown = session.size(), preview(session, session.table.sql_name)
    return WriteReport(
        table=session.table,
        rows=note.rows,
        bytes=size,
        seconds=time.perf_counter() - started,
        statement=UNCHANGED,
        checks=checks,
        preview=shown,
        lines=note.lines,
        rejected=note.rejected,
        unchanged=True,
        fingerprint=note.fingerprint,
    )


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _noted_checks(session: EngineSession, failures: Mapping[str, int]) -> list[CheckResult]:
    """The results that were noted; checks that found something are made again, for the rows they show."""
    checks = session.table.checks
    found = [check for check in checks if failures.get(check.name) != 0]
    again = audit(session, session.table.sql_name, checks=found)[1] if found else []
    known = {result.check.name: result for result in again}
    return [known.get(check.name, CheckResult(check, 0)) for check in checks]
