"""`tributary prune`: deletes what the settings keep no longer, or says what would go and why."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
import psycopg

from tributary.cli.console import check_format, out, sentence
from tributary.cli.tables import Heading, print_rows
from tributary.identity.audit import count_old, trim
from tributary.identity.tables import open_tables
from tributary.pruning import delete, due, lake_of
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings, get_settings
from tributary.resources.wording import count, size


class Going(NamedTuple):
    """Something that is not kept: of which part it is, its name, its size in bytes where that is known, and why."""

    of: str
    name: str
    size: int | None
    why: str


def prune(dry_run: bool, output: str) -> int:
    """Delete it all, or say what that is."""
    settings = get_settings()
    check_format(output, ("table", "json"))
    with connect(settings) as databases:
        if not dry_run:
            return _delete(settings, databases)
        going = [one for part in (_records, _extracts, _versions, _entries) for one in part(settings, databases)]
    if output == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode([one._asdict() for one in going])) + b"\n")
        return 0
    rows = [(one.of, one.name, size(one.size) if one.size is not None else "", one.why) for one in going]
    if rows:
        print_rows([Heading("of"), Heading("what"), Heading("size", right=True), Heading("why", wraps=True)], rows)
        out.print(f"\n{count(len(rows), 'line')}; nothing was deleted.")
    else:
        out.print("Nothing would go.")
    return 0


def _records(settings: Settings, databases: Databases) -> Iterator[Going]:
    from tributary.instance.retention import Policy, count_due

    number = 0
    with suppress(psycopg.errors.UndefinedTable):  # where nothing ever ran
        number = count_due(databases.url("dagster"), Policy(settings.retention_days, settings.retention_runs))
    if number:
        why = (
            f"older than {settings.retention_days} days, or beyond the newest {settings.retention_runs:,} of what "
            "started them; what the status of assets follows from stays"
        )
        yield Going("Dagster", count(number, "run"), None, why)


def _extracts(settings: Settings, databases: Databases) -> Iterator[Going]:
    from tributary.assets.reporting import pruning
    from tributary.assets.reporting.record import Requests
    from tributary.assets.sources import get_sources
    from tributary.contents import read_contents

    record = Requests(lambda: databases.url("app"))
    kept = pruning.Kept(settings.report_days, settings.report_versions)
    for name in read_contents(get_sources(), settings.home).reports:
        for one, why in pruning.due(name, record, kept, datetime.now(UTC)):
            yield Going("extracts", f"{name}, asked {one.asked_at:%Y-%m-%d} by {one.who}", None, why)


def _versions(settings: Settings, _: Databases) -> Iterator[Going]:
    for one in due(lake_of(settings, read_only=True), settings.lake_days, datetime.now(UTC), sentence):
        yield Going("lake", one.key, one.size, f"{one.why} on {one.since:%Y-%m-%d}")


def _entries(settings: Settings, databases: Databases) -> Iterator[Going]:
    engine = open_tables(databases.url("app"))
    try:
        if number := count_old(engine, settings.audit_days):
            yield Going("audit log", count(number, "entry", "entries"), None, f"older than {settings.audit_days} days")
    finally:
        engine.dispose()


def _delete(settings: Settings, databases: Databases) -> int:
    """Delete what is not kept, part by part; each may be ended anywhere, and the next time goes on."""
    import dagster as dg

    from tributary.assets.factory.dagster_events import TOLD_BY
    from tributary.cli.report_requests import prune as prune_extracts
    from tributary.instance import retention
    from tributary.instance.opening import open_instance

    with open_instance(settings, databases), dg.DagsterInstance.get() as instance:
        logs = instance.compute_log_manager
        pruned = retention.prune(
            databases.url("dagster"),
            retention.Policy(settings.retention_days, settings.retention_runs),
            told_by=TOLD_BY,
            forget_logs=lambda run_id: logs.delete_logs(prefix=[run_id]),
        )
    out.print(f"[green]✓[/] Dagster: {pruned}.")
    code = prune_extracts()
    lake = lake_of(settings)
    out.print(f"[green]✓[/] Lake: {delete(lake, due(lake, settings.lake_days, datetime.now(UTC), sentence))}.")
    engine = open_tables(databases.url("app"))
    try:
        gone = trim(engine, settings.audit_days)
    finally:
        engine.dispose()
    out.print(f"[green]✓[/] Audit log: deleted {count(gone, 'entry', 'entries')}.")
    return code
