"""`tributary report`: which reports there are, and what each can be asked."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tributary.catalogue import ReportEntry, TableEntry, get_catalogue
from tributary.cli.console import check_format, out
from tributary.cli.tables import Heading, print_rows
from tributary.resources.errors import UsageError, nearest

FORMATS = ("table", "json")
_BOUNDS = {
    "minimum": "from {}",
    "formatMinimum": "from {}",
    "minLength": "from {} characters",
    "maximum": "to {}",
    "formatMaximum": "to {}",
    "maxLength": "to {} characters",
}
_OWN_COLUMNS = ("request_key", "request_id")


def list_reports(output: str) -> int:
    """List all reports."""
    check_format(output, FORMATS)
    reports = get_catalogue().reports
    if output == "json":
        _print_json([msgspec.to_builtins(one) for one in reports])
        return 0
    headings = (Heading("report"), Heading("source"), Heading("title"), Heading("asks", wraps=True))
    print_rows(headings, [(one.name, one.source, one.title, _asks(one)) for one in reports])
    return 0


def show(name: str, output: str) -> int:
    """Show one report."""
    check_format(output, FORMATS)
    catalogue = get_catalogue()
    report = report_of(catalogue.reports, name)
    table = catalogue.by_key[report.table]
    if output == "json":
        _print_json(msgspec.to_builtins(report) | {"columns": [msgspec.to_builtins(one) for one in _columns(table)]})
        return 0
    out.print(f"{report.title}\n{report.refused or report.description}", markup=False, soft_wrap=True)
    told = {"grain": report.grain, "source": report.source, "table": report.table, "file": report.file}
    for word, value in told.items():
        out.print(f"{word}: {value}", markup=False, soft_wrap=True)
    if report.asked:
        out.print(f"limits: {report.seconds:,} seconds, {report.rows:,} rows\n")
        asked = (Heading("parameter"), Heading("type"), Heading("may be", wraps=True), Heading("asks", wraps=True))
        print_rows(asked, list(_parameters(report.asked)))
        out.print()
    headings = (Heading("column"), Heading("type"), Heading("tags"), Heading("meaning", wraps=True))
    print_rows(headings, [(one.name, one.type, " ".join(one.tags), one.description) for one in _columns(table)])
    return 0


def report_of(reports: tuple[ReportEntry, ...], name: str) -> ReportEntry:
    """The report of a name.

    Raises:
        UsageError: there is none.
    """
    found = {one.name: one for one in reports}
    if name not in found:
        raise UsageError(f"{name} is no report{nearest(name, found, '; `tributary report list` names them.')}")
    return found[name]


def _asks(report: ReportEntry) -> str:
    return "refused" if report.refused else ", ".join(report.asked["properties"]) or "nothing"


def _columns(table: TableEntry) -> list[Any]:
    return [one for one in table.columns if one.name not in _OWN_COLUMNS]


def _parameters(schema: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    """A row for each parameter of a JSON Schema, and for each field of a group below it."""
    for name, one in schema["properties"].items():
        text = ": ".join(filter(None, (one["title"], one.get("description"))))
        items = one.get("items", {})
        if "properties" in items:
            yield prefix + name, "lines", f"{one['minItems']} to {one['maxItems']} lines", text
            yield from _parameters(items, f"{prefix}{name}.")
            continue
        kind = one["x-tributary-type"] + (" (many)" if items else "")
        yield prefix + name, kind, "; ".join(_may_be(one, items or one, name in schema["required"])), text


def _may_be(one: Mapping[str, Any], value: Mapping[str, Any], must: bool) -> Iterator[str]:
    if must:
        yield "must be given"
    if "default" in one:
        yield f"default {_text(one['default'])}"
    if "oneOf" in value:
        yield "one of " + ", ".join(_text(choice["const"]) for choice in value["oneOf"] if "const" in choice)
    if "x-tributary-choices" in value:
        yield f"one of {value['x-tributary-choices']}"
    yield from (said.format(value[word]) for word, said in _BOUNDS.items() if word in value)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _print_json(value: object) -> None:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value)) + b"\n")
