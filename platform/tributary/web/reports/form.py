"""The form of a report: what is typed into it, and how it is shown again with what is wrong; without a server.

What the values mean is `assets.reporting.answers`' matter; here they are texts, none of which is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from tributary.assets.factory.parameters.parameter import Choice, Group, Parameter
from tributary.assets.factory.parameters.values import canonical_value
from tributary.assets.reporting.answers import Offered, Problem
from tributary.assets.reporting.declaration import Report

Line = Mapping[str, str]
Typed = Mapping[str, str | Sequence[str] | Sequence[Line]]
"""What stands in the form: a text, texts of one that takes many values, or lines; each parameter has its entry."""

Kind = Literal["text", "choice", "list", "suggested", "boxes", "several"]
"""How a value is asked for: a line of text; radio buttons; a list; text with suggestions; boxes to tick; many texts."""

FEW, MANY = 5, 200
"""Up to so many choices are all in sight; above so many they are suggestions."""

MOST_BOXES = 60

_BOOLEAN = (Choice("true", "yes"), Choice("false", "no"))
_LINE_FIELD = re.compile(r"([a-z_][a-z0-9_]*)\.([0-9]{1,4})\.([a-z_][a-z0-9_]*)")
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


def sent(report: Report, pairs: Iterable[tuple[str, str]]) -> Typed:
    """What a browser sent of the form; fields that the report has not are left out."""
    texts: dict[str, list[str]] = {}
    lines: dict[str, dict[int, dict[str, str]]] = {}
    for name, text in pairs:
        texts.setdefault(name, []).append(text)
        if found := _LINE_FIELD.fullmatch(name):
            lines.setdefault(found[1], {}).setdefault(int(found[2]), {})[found[3]] = text
    typed: dict[str, str | Sequence[str] | Sequence[Line]] = {}
    for name, part in report.parameters.items():
        if isinstance(part, Group):
            numbered = lines.get(name, {})
            typed[name] = [{one: numbered[at].get(one, "") for one in part.fields} for at in sorted(numbered)]
        elif part.many:
            typed[name] = [line for text in texts.get(name, []) for line in text.splitlines()]
        else:
            typed[name] = texts.get(name, [""])[0]
    return typed


def asked_before(report: Report, answers: Mapping[str, object]) -> Typed:
    """The form of answers in canonical form; what the report's file no longer has is left out."""
    typed = dict(empty(report))
    for name, part in report.parameters.items():
        if name not in answers:
            continue
        value = answers[name]
        if isinstance(part, Group):
            lines = [line for line in _listed(value) if isinstance(line, Mapping)]
            typed[name] = [{one: _text(line.get(one)) for one in part.fields} for line in lines] or typed[name]
        else:
            typed[name] = [_text(one) for one in _listed(value)] if part.many else _text(value)
    return typed


def empty(report: Report) -> Typed:
    """The form before anything is typed: defaults, and as many lines as there must be, at least one."""
    typed: dict[str, str | Sequence[str] | Sequence[Line]] = {}
    for name, part in report.parameters.items():
        if isinstance(part, Group):
            typed[name] = [blank(part)] * max(part.least, 1)
        elif part.many:
            typed[name] = [_text(one) for one in _listed(part.default)]
        else:
            typed[name] = _text(part.default)
    return typed


def blank(group: Group) -> Line:
    """A line with its defaults."""
    return {name: _text(part.default) for name, part in group.fields.items()}


def with_line(report: Report, typed: Typed, name: str) -> Typed:
    """The form with another line, where the group may have one more."""
    group, lines = report.parameters.get(name), lines_of(typed, name)
    if not isinstance(group, Group) or len(lines) >= group.most:
        return typed
    return {**typed, name: [*lines, blank(group)]}


def without_line(typed: Typed, name: str, place: int) -> Typed:
    """The form without a line of a group; one stays."""
    lines = lines_of(typed, name)
    return {**typed, name: [*lines[:place], *lines[place + 1 :]]} if len(lines) > 1 else typed


def last_line(report: Report, typed: Typed, name: str) -> str:
    """The id of the first field of a group's last line."""
    group = report.parameters.get(name)
    fields = group.fields if isinstance(group, Group) else ()
    return _id(f"{name}.{len(lines_of(typed, name)) - 1}.{next(iter(fields), '')}")


def lines_of(typed: Typed, name: str) -> Sequence[Line]:
    """The lines of a group."""
    return [line for line in typed.get(name, ()) if isinstance(line, Mapping)]


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
        parts.append(Lines(_id(name), name, part.label, part.help, rows, wrong.get(_id(name), ()), can_add, can_remove))
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
    options = [(_text(one.value), one.label) for one in choices]
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
        id=_id(name),
        name=name,
        label=part.label,
        hint=_hint(part, offered),
        kind=kind,
        texts=texts,
        choices=options,
        input=native if is_native else "text",
        mode={"integer": "numeric", "bigint": "numeric", "double": "decimal", "decimal": "decimal"}.get(
            part.type.partition("(")[0], ""
        ),
        bounds={name: _text(value) for name, value in bounds.items() if value is not None},
        is_optional=not part.required,
    )


def _hint(part: Parameter, offered: Sequence[Choice]) -> str:
    if part.choices is not None and part.choices.table and not offered:
        return f"{part.help} Nothing is offered: {part.choices.table} has no values at this moment.".strip()
    return part.help


def _problem_id(report: Report, at: Sequence[str | int]) -> str:
    part = report.parameters.get(str(at[0])) if at else None
    # A value of a list has no field of its own.
    return _id(str(at[0])) if isinstance(part, Parameter) else _id(".".join(map(str, at)))


def _id(name: str) -> str:
    return name.replace(".", "-")


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(canonical_value(value))  # type: ignore[arg-type]  # what a value or a default is
