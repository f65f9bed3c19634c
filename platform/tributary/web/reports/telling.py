"""How requests are told of in words: what was asked, what became of it, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tributary.assets.factory.parameters.parameter import Group, Parameter
from tributary.assets.reporting.answers import Offered
from tributary.assets.reporting.declaration import Report
from tributary.assets.reporting.requests import Request
from tributary.web.reports.texts import typed

_LONGEST_SUMMARY = 160
_NOTHING = "not given"


@dataclass(frozen=True)
class Told:
    """One thing that was asked: its label, and its value in words or, of a group, a table."""

    label: str
    words: str = ""
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def question(report: Report | None, answers: Mapping[str, object], offered: Offered) -> list[Told]:
    """What was asked, with the labels of the report where it still has them."""
    known = [name for name in (report.parameters if report is not None else ()) if name in answers]
    names = [*known, *(name for name in answers if name not in known)]
    return [_told(report, name, answers[name], offered) for name in names]


def summary(report: Report | None, answers: Mapping[str, object]) -> str:
    """What was asked, in a line."""
    told = question(report, answers, {})
    parts = (f"{one.label}: {one.words or ' | '.join(map(_line, one.rows))}" for one in told)
    text = "; ".join(part for part in parts if not part.endswith(f": {_NOTHING}"))
    return text if len(text) <= _LONGEST_SUMMARY else f"{text[: _LONGEST_SUMMARY - 1]}…"


def _line(row: Sequence[str]) -> str:
    return ", ".join(words for words in row if words != _NOTHING)


def state_sentence(found: Request) -> str:
    """What is to be said of a request's state, beside why it failed."""
    if found.event == "queued":
        return "It waits until Dagster takes it, which is tried until it does."
    rows = "no rows" if not found.rows else f"{found.rows:,} row{'s' if found.rows != 1 else ''}"
    return {
        "queued": "It waits for its turn.",
        "running": f"It is running: {rows} so far." if found.rows else "It is running.",
        "finished": f"It is done: {rows}." if found.rows else "It is done, and nothing matches what was asked.",
        "failed": "It failed.",
        "cancelled": "It was cancelled.",
        "pruned": "Its files were removed, as those of old requests are; asking again makes them anew.",
    }[found.state]


def _told(report: Report | None, name: str, value: object, offered: Offered) -> Told:
    part = report.parameters.get(name) if report is not None else None
    label = part.label if part is not None else name
    lines = [line for line in value if isinstance(line, Mapping)] if isinstance(value, list | tuple) else []
    if not lines:
        values = value if isinstance(value, list | tuple) else [value]
        return Told(label, ", ".join(_words(part, one, offered.get(name, ())) for one in values) or _NOTHING)
    names = list(part.fields) if isinstance(part, Group) else list(lines[0])
    header = list(_labels(part, names))
    rows = [
        [_words(_field(part, one), line.get(one), offered.get(f"{name}.{one}", ())) for one in names] for line in lines
    ]
    return Told(label, header=header, rows=rows)


def _labels(part: Parameter | Group | None, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        field = _field(part, name)
        yield field.label if field is not None else name


def _field(part: Parameter | Group | None, name: str) -> Parameter | None:
    return part.fields.get(name) if isinstance(part, Group) else None


def _words(part: Parameter | Group | None, value: object, offered: Sequence[tuple[object, str]]) -> str:
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    kind = part.type if isinstance(part, Parameter) else ""
    written = part.choices.offered if isinstance(part, Parameter) and part.choices else ()
    text = typed(kind, value)
    return next((label for choice, label in (*written, *offered) if typed(kind, choice) == text), text)
