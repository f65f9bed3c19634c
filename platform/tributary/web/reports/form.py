"""What stands in the form of a report: texts, none of which is lost; without a server.

What they mean is `assets.reporting.answers`', how they are shown `form_fields`' matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tributary.assets.factory.parameters.parameter import Group
from tributary.assets.reporting.declaration import Report
from tributary.web.reports.texts import typed as text_of

Line = Mapping[str, str]
Typed = Mapping[str, str | Sequence[str] | Sequence[Line]]
"""What stands in the form: a text, texts of one that takes many values, or lines; each parameter has its entry."""

_LINE_FIELD = re.compile(r"([a-z_][a-z0-9_]*)\.([0-9]{1,4})\.([a-z_][a-z0-9_]*)")


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
            typed[name] = [
                {one: text_of(field.type, line.get(one)) for one, field in part.fields.items()} for line in lines
            ] or typed[name]
        else:
            typed[name] = (
                [text_of(part.type, one) for one in _listed(value)] if part.many else text_of(part.type, value)
            )
    return typed


def empty(report: Report) -> Typed:
    """The form before anything is typed: defaults, and as many lines as there must be, at least one."""
    typed: dict[str, str | Sequence[str] | Sequence[Line]] = {}
    for name, part in report.parameters.items():
        if isinstance(part, Group):
            typed[name] = [blank(part)] * max(part.least, 1)
        elif part.many:
            typed[name] = [text_of(part.type, one) for one in _listed(part.default)]
        else:
            typed[name] = text_of(part.type, part.default)
    return typed


def blank(group: Group) -> Line:
    """A line with its defaults."""
    return {name: text_of(part.type, part.default) for name, part in group.fields.items()}


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
    return id_of(f"{name}.{len(lines_of(typed, name)) - 1}.{next(iter(fields), '')}")


def lines_of(typed: Typed, name: str) -> Sequence[Line]:
    """The lines of a group."""
    return [line for line in typed.get(name, ()) if isinstance(line, Mapping)]


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def id_of(name: str) -> str:
    """The id of the element that holds a field."""
    return name.replace(".", "-")
