"""Reads what somebody asks of a report: each thing that is wrong beside its field, or the answers in their one form.

Which values a single parameter takes is said in `assets.factory.parameters`; binding them is `binding`'s matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tributary.assets.factory.parameters.parameter import MOST_VALUES, Choice, Group, Parameter
from tributary.assets.factory.parameters.values import NotAValue, Value, canonical_value, in_order
from tributary.assets.reporting.declaration import Report
from tributary.resources.errors import UsageError, nearest

Line = Mapping[str, Value | None]
"""One line of a group: the value of each field, None where none was given."""

Answer = Value | tuple[Value, ...] | tuple[Line, ...] | None
Offered = Mapping[str, Sequence[Choice]]
"""What may be chosen, by `name` or `group.field`."""

_KEY_DIGITS = 20


class Problem(NamedTuple):
    """What is wrong with one answer; `at` leads to its field, as `("lines", 1, "upper_count")`, and lines count from 0.

    The message ends a sentence that the field's label begins: `must be at least 1.`
    """

    at: tuple[str | int, ...]
    message: str


class AnswersError(UsageError):
    """What was asked cannot be asked; `problems` has at least one."""

    def __init__(self, report: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        told = "; ".join(
            f"{'.'.join(map(str, one.at)) or 'what is asked'} {one.message.rstrip('.')}" for one in self.problems
        )
        super().__init__(f"{report} cannot be asked that: {told}{'' if told.endswith('?') else '.'}")


@dataclass(frozen=True)
class Answers:
    """Sound answers, by the names of the report's parameters: each has one."""

    report: str
    values: Mapping[str, Answer]

    @property
    def canonical(self) -> str:
        """The answers as JSON, the same for all spellings of the same question: what `read_answers` reads again."""
        return json.dumps(self.json, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @property
    def json(self) -> dict[str, object]:
        """The canonical form as JSON's own values."""
        return {name: _json(answer) for name, answer in self.values.items()}

    @property
    def key(self) -> str:
        """Twenty hex digits that are the question's: the partition of its extracts."""
        return hashlib.sha256(f"{self.report}\n{self.canonical}".encode()).hexdigest()[:_KEY_DIGITS]


def read_answers(report: Report, raw: Mapping[str, object], choices: Offered | None = None) -> Answers:
    """The answers that texts of a form, or JSON's values, stand for.

    A parameter that is not named has its default. Null and empty text say that there is no value.

    Args:
        report: what is asked.
        raw: by the names of parameters: a text or JSON scalar, a list of them for one that takes many, or a list of
            mappings for a group. A line whose texts are all empty is none.
        choices: what may be chosen of parameters whose choices are a column's values; others are not looked at.

    Raises:
        AnswersError: something cannot be asked; it tells all that is wrong.
    """
    reader = _Reader(choices or {})
    values: dict[str, Answer] = {}
    for name, one in report.parameters.items():
        if isinstance(one, Group):
            values[name] = reader.lines(one, raw.get(name), report)
        elif one.many:
            values[name] = reader.many(one, raw)
        else:
            values[name] = reader.one(one, raw, (), name)
    strange = [name for name in raw if name not in report.parameters]
    reader.problems += [
        Problem((_shown(name),), f"is no parameter of this report{nearest(_shown(name), report.parameters)}")
        for name in strange[:10]
    ]
    if not reader.problems:
        reader.rules(report, "", values, ())
    if reader.problems:
        raise AnswersError(report.name, reader.problems)
    return Answers(report.name, values)


class _Reader:
    """Reads the parts of what is asked, and gathers what is wrong."""

    def __init__(self, choices: Offered) -> None:
        self.choices = choices
        self.problems: list[Problem] = []

    def one(
        self, parameter: Parameter, raw: Mapping[str, object], at: tuple[str | int, ...], path: str
    ) -> Value | None:
        name = parameter.name
        if name not in raw and not isinstance(parameter.default, tuple):
            if parameter.default is None and parameter.required:
                self.problems.append(Problem((*at, name), "must be given."))
            return parameter.default
        if _is_empty(raw.get(name)):
            if parameter.required:
                self.problems.append(Problem((*at, name), "must be given."))
            return None
        return self._value(parameter, raw[name], (*at, name), path)

    def many(self, parameter: Parameter, raw: Mapping[str, object]) -> tuple[Value, ...]:
        name = parameter.name
        if name not in raw and isinstance(parameter.default, tuple):
            return parameter.default
        given = raw.get(name)
        listed = given if isinstance(given, list | tuple) else [given]
        if len(listed) > MOST_VALUES:
            self.problems.append(Problem((name,), f"must be at most {MOST_VALUES:,} values."))
            return ()
        present = [(place, one) for place, one in enumerate(listed) if not _is_empty(one)]
        found = {self._value(parameter, one, (name, place), name) for place, one in present}
        if not present and parameter.required:
            self.problems.append(Problem((name,), "must be given."))
        return in_order(one for one in found if one is not None)

    def lines(self, group: Group, raw: object, report: Report) -> tuple[Line, ...]:
        listed = [] if raw is None else raw
        if not isinstance(listed, list | tuple):
            self.problems.append(Problem((group.name,), "must be a list of lines."))
            return ()
        present = [(place, line) for place, line in enumerate(listed) if not _is_blank(line)]
        if not group.least <= len(present) <= group.most:
            bound = f"at least {group.least}" if len(present) < group.least else f"at most {group.most}"
            unit = "line" if bound.endswith(" 1") else "lines"
            self.problems.append(Problem((group.name,), f"must have {bound} {unit}."))
            return ()
        found = [self._line(group, line, place, report) for place, line in present]
        return tuple(found if report.is_ordered else sorted(found, key=lambda line: json.dumps(_json(line))))

    def _line(self, group: Group, raw: object, place: int, report: Report) -> Line:
        at = (group.name, place)
        if not isinstance(raw, Mapping):
            self.problems.append(Problem(at, "must be a line with a value for each of its fields."))
            return {}
        before = len(self.problems)
        self.problems += [
            Problem((*at, _shown(name)), f"is no field of {group.name}{nearest(_shown(name), group.fields)}")
            for name in raw
            if name not in group.fields
        ][:10]
        line = {name: self.one(one, raw, at, f"{group.name}.{name}") for name, one in group.fields.items()}
        if len(self.problems) == before:
            self.rules(report, group.name, line, at)
        return line

    def rules(self, report: Report, group: str, values: Mapping[str, Answer], at: tuple[str | int, ...]) -> None:
        # What compares takes thirty megabytes, and of who holds reports only who asks needs it.
        from tributary.assets.factory.parameters.conditions import holds

        for rule in report.rules:
            if rule.group == group and not holds(rule.holds, values):
                self.problems.append(Problem((*at, rule.at), f"{rule.message.rstrip('.')}."))

    def _value(self, parameter: Parameter, raw: object, at: tuple[str | int, ...], path: str) -> Value | None:
        try:
            return parameter.read(raw, self.choices.get(path, ()))
        except NotAValue as problem:
            self.problems.append(Problem(at, f"{problem}."))
            return None


def _is_empty(raw: object) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())


def _is_blank(line: object) -> bool:
    """Whether a line is one of a form in which nobody has written."""
    return (
        isinstance(line, Mapping) and len(line) > 0 and all(isinstance(x, str) and not x.strip() for x in line.values())
    )


def _shown(name: object) -> str:
    """A name that somebody made up, short and printable."""
    return str(name)[:48].encode("ascii", "backslashreplace").decode()


def _json(answer: Answer | Line) -> object:
    if isinstance(answer, tuple):
        return [_json(one) for one in answer]
    if isinstance(answer, Mapping):
        return {name: _json(one) for name, one in sorted(answer.items())}
    return None if answer is None else canonical_value(answer)
