"""How the form of a report is shown: the kind of each field, and what is wrong beside it; without a server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from tributary.assets.factory.parameters.parameter import Choice, Parameter
from tributary.assets.reporting.answers import Offered, Problem
from tributary.assets.reporting.declaration import Report
from tributary.web.reports.form import Typed, id_of, lines_of
from tributary.web.reports.texts import typed as text_of

Kind = Literal["text", "choice", "list", "suggested", "boxes", "several"]
"""How a value is asked for: a line of text; radio buttons; a list; text with suggestions; boxes to tick; many texts."""

FEW, MANY = 5, 200
"""Up to so many choices are all in sight; above so many they are suggestions."""

MOST_BOXES = 60

_BOOLEAN = (Choice("true", "yes"), Choice("false", "no"))
_INPUTS = {"date": r"\d{4}-\d{2}-\d{2}", "timestamp": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?"}


@dataclass(frozen=True)
class Field:
    """One field as it is shown.

    Attributes:
        id: of the element, which a link to it has.
        name: by which it is sent.
        input: the type of an HTML `input`.
        mode: its `inputmode`; empty where the browser's own does.
        texts: what stands in it; one at most unless several can.
        choices: (what is sent, what people read).
        bounds: the `min` and `max` of a day.
        is_first: whether the page begins at it: the first that is wrong, or the first of a line that was added.
    """

    id: str
    name: str
    label: str
    hint: str
    kind: Kind
    texts: Sequence[str]
    errors: Sequence[str] = ()
    choices: Sequence[tuple[str, str]] = ()
    input: str = "text"
    mode: str = ""
    bounds: Mapping[str, str] = field(default_factory=dict)
    is_optional: bool = False
    is_first: bool = False


@dataclass(frozen=True)
class Lines:
    """A group as it is shown."""

    id: str
    name: str
    label: str
    hint: str
    lines: Sequence[Sequence[Field]]
    errors: Sequence[str]
    can_add: bool
    can_remove: bool


@dataclass(frozen=True)
class Form:
    """The whole form; `faults` has the id of each wrong field and its sentence."""

    parts: Sequence[Field | Lines]
    faults: Sequence[tuple[str, str]] = ()


def shown(report: Report, typed: Typed, offered: Offered, problems: Sequence[Problem] = (), first: str = "") -> Form:
    """The form to show.

    Args:
        report: whose form.
        typed: what stands in it.
        offered: what may be chosen of parameters that have their choices from a column.
        problems: what is wrong with what was typed.
        first: the id of the field at which the page begins, where nothing is wrong.
    """
    wrong: dict[str, list[str]] = {}
    for one in problems:
        wrong.setdefault(_problem_id(report, one.at), []).append(one.message)
    parts: list[Field | Lines] = []
    for name, part in report.parameters.items():
        if isinstance(part, Parameter):
            value = typed.get(name, "")
            texts = [value] if isinstance(value, str) else [one for one in value if isinstance(one, str)]
            parts.append(_field(part, name, texts, offered.get(name, ())))
            continue
        lines = lines_of(typed, name)
        rows = [
            [
                _field(
                    one,
                    f"{name}.{at}.{field_name}",
                    [line.get(field_name, "")],
                    offered.get(f"{name}.{field_name}", ()),
                )
                for field_name, one in part.fields.items()
            ]
            for at, line in enumerate(lines)
        ]
        can_add, can_remove = len(rows) < part.most, len(rows) > 1
        parts.append(
            Lines(id_of(name), name, part.label, part.help, rows, wrong.get(id_of(name), ()), can_add, can_remove)
        )
    return _told(parts, wrong, first)


def _told(parts: Sequence[Field | Lines], wrong: Mapping[str, Sequence[str]], first: str) -> Form:
    """The parts with what is wrong with each, in the order of the page."""
    faults: list[tuple[str, str]] = []
    first = next((one.id for one in _fields(parts) if one.id in wrong), first)

    def told(one: Field, where: str = "") -> Field:
        errors = [f"{one.label} {message}" for message in wrong.get(one.id, ())]
        faults.extend((one.id, f"{where}{error}") for error in errors)
        return replace(one, errors=errors, is_first=one.id == first)

    done: list[Field | Lines] = []
    for part in parts:
        if isinstance(part, Field):
            done.append(told(part))
            continue
        errors = [f"{part.label} {message}" for message in part.errors]
        faults += [(part.id, error) for error in errors]
        rows = [[told(one, f"Line {number}: ") for one in row] for number, row in enumerate(part.lines, start=1)]
        done.append(replace(part, lines=rows, errors=errors))
    known = {id_ for id_, _ in faults}
    faults += [("", message) for id_, messages in wrong.items() if id_ not in known for message in messages]
    return Form(done, faults)


def _fields(parts: Iterable[Field | Lines]) -> Iterable[Field]:
    for part in parts:
        if isinstance(part, Field):
            yield part
        else:
            yield from (one for line in part.lines for one in line)


def _field(part: Parameter, name: str, texts: Sequence[str], offered: Sequence[Choice]) -> Field:
    choices = offered or (part.choices.offered if part.choices else ()) or (_BOOLEAN if part.type == "boolean" else ())
    options = [(text_of(part.type, one.value), one.label) for one in choices]
    listed = {value for value, _ in options}
    kind: Kind
    if part.many:
        kind = "boxes" if options and len(options) <= MOST_BOXES and listed.issuperset(texts) else "several"
    elif not options:
        kind = "text"
    elif len(options) <= FEW and "." not in name:
        kind = "choice"
    else:
        kind = "suggested" if len(options) > MANY else "list"
    if kind in ("choice", "list"):
        # What was typed or sent is not lost because it is no longer offered.
        options += [(text, text) for text in texts if text and text not in listed]
    if kind in ("choice", "list") and not part.required:
        options.insert(0, ("", "any"))
    pattern = _INPUTS.get(part.type)
    is_native = (
        pattern is not None and kind == "text" and all(not text or re.fullmatch(pattern, text) for text in texts)
    )
    native = "date" if part.type == "date" else "datetime-local"
    bounds = {"min": part.least, "max": part.most} if is_native else {}
    return Field(
        id=id_of(name),
        name=name,
        label=part.label,
        hint=part.help,
        kind=kind,
        texts=texts,
        choices=options,
        input=native if is_native else "text",
        mode={"integer": "numeric", "bigint": "numeric", "double": "decimal", "decimal": "decimal"}.get(
            part.type.partition("(")[0], ""
        ),
        bounds={name: text_of(part.type, value) for name, value in bounds.items() if value is not None},
        is_optional=not part.required,
    )


def _problem_id(report: Report, at: Sequence[str | int]) -> str:
    part = report.parameters.get(str(at[0])) if at else None
    # A value of a list has no field of its own.
    return id_of(str(at[0])) if isinstance(part, Parameter) else id_of(".".join(map(str, at)))
