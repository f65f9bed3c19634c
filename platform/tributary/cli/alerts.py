"""`tributary alerts`: what needs somebody now, whether people were told of it, and a message to try it by."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from tributary.alerts.deciding import Known, Message, is_told
from tributary.alerts.record import Record
from tributary.alerts.sending import destinations, send
from tributary.cli.console import check_format, out, sentence
from tributary.cli.tables import Heading, print_rows
from tributary.dagster_client import DagsterClient
from tributary.launcher.single import is_up
from tributary.launcher.state import parts_down
from tributary.problems import Found, Look
from tributary.resources.errors import UsageError
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings, get_settings
from tributary.resources.wording import ago

SOMETHING = 3
"""The exit code where something needs somebody."""


def alerts(test: bool, output: str) -> int:
    """List what goes on, or send a message to everybody who is told."""
    settings = get_settings()
    check_format(output, ("table", "json"))
    if test:
        return _try(settings)
    with connect(settings) as databases:
        known = Record(databases.url("app")).known()
        found = _look(settings)
    rows = list(_rows(found, known))
    if output == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(rows)) + b"\n")
        return SOMETHING if rows else 0
    if not settings.alert_destinations:
        out.print("[dim]Nobody is told: TRIBUTARY_ALERTS_URLS is not set.[/]")
    if found is None:
        out.print("[dim]Tributary is not up: what follows is what it was told of last.[/]")
    if not rows:
        out.print("All is well.")
        return 0
    now = datetime.now(UTC)
    headings = ("kind", "subject", "since", "told", "what", "where")
    shown = [
        (one["kind"], one["subject"], *(ago(one[name], now) if one[name] else "" for name in ("since", "told_at")),
         one["sentence"], f"{settings.address}{one['link']}")
        for one in rows
    ]  # fmt: skip
    print_rows([Heading(name, wraps=name == "what") for name in headings], shown)
    return SOMETHING


def _look(settings: Settings) -> Found | None:
    """What is found now; None where nothing is up that could be asked."""
    if not is_up(settings.home):
        return None
    dagster = DagsterClient(settings)
    try:
        return Look(settings, dagster, lambda: parts_down(settings.home))(settings.alerts_quarantine)
    finally:
        dagster.close()


def _rows(found: Found | None, known: Sequence[Known]) -> Iterator[dict[str, Any]]:
    """What is found, and what is known and cannot be looked for."""
    before = {one.key: one for one in known}
    problems = filter(is_told, found.problems) if found is not None else ()
    seen = set()
    for one in problems:
        keys = [(one.kind, one.subject, part) for part in one.parts or ("",)]
        seen.update(keys)
        old = [before[key] for key in keys if key in before]
        since = min((each.since for each in old), default=None)
        told = min((each.told_at for each in old if each.told_at), default=None)
        yield _row(one.kind, one.subject, since, told, one.sentence, one.link)
    for each in known:
        if each.key not in seen and (found is None or found.silent.intersection(each.told_by)):
            yield _row(each.kind, each.subject, each.since, each.told_at, each.sentence, each.link)


def _row(
    kind: str, subject: str, since: datetime | None, told: datetime | None, said: str, link: str
) -> dict[str, Any]:
    return {"kind": kind, "subject": subject, "since": since, "told_at": told, "sentence": said, "link": link}


def _try(settings: Settings) -> int:
    to = destinations(settings)
    if not to:
        raise UsageError("TRIBUTARY_ALERTS_URLS names nobody to tell: set it to apprise's URLs, with spaces between.")
    body = f"This is a test of Tributary's alerts: nothing is wrong.\n{settings.address}/"
    message, failed = Message("Tributary: a test", body, is_good=True), 0
    for one in to:
        if send(settings, one, message):
            out.print(f"[green]✓[/] {one.name} has taken it.")
        else:
            failed += 1
            sentence(f"{one.name} of TRIBUTARY_ALERTS_URLS has not taken it: check the URL, and that its server runs.")
    return 1 if failed else 0
