"""`tributary report run`, `requests`, `cancel`, `save`, `saved`, `unsave` and `prune`: asking reports from a terminal.

A request is made in this process, as `materialize` makes assets; it is in the record, and on the pages, like any other.
"""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tributary.asset_store import load_definitions
from tributary.cli.console import err, out
from tributary.cli.tables import Heading, print_rows
from tributary.reports.results import Format
from tributary.reports.service import Reports
from tributary.resources.errors import UsageError
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import get_settings

if TYPE_CHECKING:
    from tributary.assets.automation.partitions import Partitions
    from tributary.assets.reporting.requests import Request
    from tributary.execution import Run

_FORMATS = {".csv": "csv", ".parquet": "parquet", ".xlsx": "xlsx"}


def run(name: str, sets: Sequence[str], params: Path | None, output: str, notify: str) -> int:
    """Ask a report, make its extract in this process, and write it to a file where one is named."""
    from tributary.execution import Run
    from tributary.instance.opening import open_instance
    from tributary.instance.orphans import fail_dead_runs
    from tributary.reports.unmade import run_of, settle_all

    form, loaded = _format_of(output), load_definitions()
    platform = loaded.platform
    with _opened() as (reports, databases):
        report = reports.report(name)
        answers = reports.read(report, raw_answers(sets, params))
        with open_instance(get_settings(), databases) as instance:
            fail_dead_runs(instance)
            settle_all(instance, platform.resources(get_settings()))
            request = reports.record(report, answers, _who(), "cli", notify)
            one = run_of(instance, platform.reports[name], request)
            made = Run(loaded.defs, instance, one.keys, _partition(one.key), one.tags)
            reports.tell_launched(request.id, made.run_id)
            failed = _quietly(made) if output == "-" else _show(made)
        done = reports.request(request.id)
        (err if output == "-" else out).print(_told(done), markup=False, soft_wrap=True)
        if done.state == "finished" and output:
            _write(reports, done, output, form)
        return failed or int(done.state != "finished")


def requests(report: str, limit: int) -> int:
    """List requests, the newest first."""
    asked = (Heading("request"), Heading("report"), Heading("asked", right=True), Heading("who"), Heading("state"))
    found = (Heading("rows", right=True), Heading("parameters", wraps=True), Heading("told", wraps=True))
    with _opened() as (reports, _):
        rows = [
            (
                one.id,
                one.report,
                f"{one.asked_at:%Y-%m-%d %H:%M:%S}",
                one.who,
                one.state,
                "" if one.rows is None else f"{one.rows:,}",
                json.dumps(one.answers, ensure_ascii=False, sort_keys=True),
                f"{one.sentence} {one.notice}".strip(),
            )
            for one in reports.requests(report, limit=limit)
        ]
    print_rows((*asked, *found), rows)
    return 0


def cancel(request: str) -> int:
    """End a request that is queued or running."""
    with _opened() as (reports, _):
        out.print(_told(reports.cancel(request, _who())), markup=False, soft_wrap=True)
    return 0


def save(name: str, title: str, cron: str, zone: str, sets: Sequence[str], params: Path | None, notify: str) -> int:
    """Ask the same again and again."""
    with _opened() as (reports, _):
        report = reports.report(name)
        answers = reports.read(report, raw_answers(sets, params))
        found = reports.save(report, answers, _who(), title, cron, zone, notify)
    out.print(f"✓ Saved as {found.id}; asked first at {found.next_at:%Y-%m-%d %H:%M} UTC.", highlight=False)
    return 0


def saved() -> int:
    """List saved requests."""
    headings = (Heading("saved"), Heading("report"), Heading("title"), Heading("cron"), Heading("zone"), Heading("who"))
    with _opened() as (reports, _):
        rows = [
            (
                one.id,
                one.report,
                one.title,
                one.cron,
                one.zone,
                one.who,
                f"{one.next_at:%Y-%m-%d %H:%M} UTC",
                one.sentence,
            )
            for one in reports.saved()
        ]
    print_rows((*headings, Heading("next"), Heading("told", wraps=True)), rows)
    return 0


def unsave(id: str) -> int:  # noqa: A002 - what everybody calls it
    """Ask a saved request no more."""
    with _opened() as (reports, _):
        reports.unsave(id, _who())
    return 0


def prune() -> int:
    """Delete the extracts that the settings do not keep, with their rows and partitions."""
    from tributary.assets.factory.dagster_events import asset_key
    from tributary.assets.reporting.tags import PRUNE_TAG
    from tributary.execution import Run
    from tributary.instance.opening import open_instance
    from tributary.instance.orphans import fail_dead_runs
    from tributary.reports.unmade import settle_all

    settings, loaded = get_settings(), load_definitions()
    platform = loaded.platform
    keys = [asset_key(report.table.key) for report in platform.reports.values()]
    if not keys:
        out.print("There are no reports.")
        return 0
    with connect(settings) as databases, open_instance(settings, databases) as instance:
        fail_dead_runs(instance)
        settle_all(instance, platform.resources(settings))
        return _show(Run(loaded.defs, instance, keys, tags={PRUNE_TAG: "true"}))


def raw_answers(sets: Sequence[str], params: Path | None) -> Mapping[str, object]:
    """What is asked, by name: of a JSON file, and of `name=value` texts, which win; a name that stands twice is a list.

    Raises:
        UsageError: the file or a text cannot be read.
    """
    found: dict[str, object] = {}
    if params is not None:
        try:
            held = json.loads(params.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"{params} cannot be read as JSON ({error}).") from error
        if not isinstance(held, dict):
            raise UsageError(f"{params} must hold a JSON object: the parameters by name.")
        found |= held
    given: dict[str, list[object]] = {}
    for text in sets:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text[:64]!r} is not name=value.")
        given.setdefault(name.strip(), []).append(_value(name, value))
    return found | {name: values[0] if len(values) == 1 else values for name, values in given.items()}


def _value(name: str, text: str) -> object:
    if text[:1] not in ("[", "{"):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"--set {name[:64]}=… begins like JSON, and is none ({error}).") from error


@contextmanager
def _opened() -> Iterator[tuple[Reports, Databases]]:
    settings = get_settings()
    with connect(settings) as databases:
        reports = Reports(settings, databases)
        try:
            yield reports, databases
        finally:
            reports.close()


def _who() -> str:
    return f"cli:{getpass.getuser()}"


def _partition(key: str) -> Partitions:
    from tributary.assets.automation.partitions import Partitions

    return Partitions(key)


def _show(run: Run) -> int:
    from tributary.cli.progress import show

    return show(run)


def _quietly(run: Run) -> int:
    """Execute a run whose output is for the rows alone."""
    for _ in run.events():
        pass
    if run.interrupted:
        raise KeyboardInterrupt
    return 0 if run.succeeded else 1


def _told(request: Request) -> str:
    rows = "" if request.rows is None else f", {request.rows:,} rows"
    return f"{request.id} {request.state}{rows}. {request.sentence}".strip()


def _format_of(output: str) -> Format:
    form = _FORMATS.get(Path(output).suffix) if output and output != "-" else "csv"
    if form is None:
        raise UsageError(
            f"--output {output[:64]} must end with {', '.join(_FORMATS)}, or be - for CSV to standard output."
        )
    return cast("Format", form)


def _write(reports: Reports, request: Request, output: str, form: Format) -> None:
    download = reports.download(request.id, form)
    if output == "-":
        for chunk in download.chunks:
            sys.stdout.buffer.write(chunk)
        return
    aside = Path(f"{output}.part")
    with aside.open("wb") as file:
        for chunk in download.chunks:
            file.write(chunk)
    aside.replace(output)
    out.print(f"Written to {output}.", markup=False)
