"""What a report can be asked: its parameters, and groups of them that may be given several times.

How the header declares them is `entries`', what of it is wrong `declared`'s matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tributary.assets.factory.parameters.values import NotAValue, Value, read_value
from tributary.resources.warehouse.table import Table

REQUEST = "request"
"""The schema under which a SELECT reads what was asked as relations."""

VALUE, LINE = "value", "line_no"
"""Columns of such relations: the values of a parameter that takes many, and the place of each row, from 1."""

LONGEST = 200
MOST_VALUES = 1_000


def table_key(name: str) -> str:
    """The table, as `schema.table`, of the rows of a report."""
    return f"staged.report_{name}"


class Choice(NamedTuple):
    """A value that may be chosen, and what people call it."""

    value: Value
    label: str


@dataclass(frozen=True)
class Choices:
    """Where the values that may be chosen come from: written down, or the distinct values of a column.

    `table` is `schema.table`, and `label` the column of it that holds what people call a value; empty where that is
    the value itself.
    """

    offered: tuple[Choice, ...] = ()
    table: str = ""
    column: str = ""
    label: str = ""


@dataclass(frozen=True)
class Parameter:
    """One thing that is asked.

    Attributes:
        type: its portable type.
        label: what the form calls it.
        help: a sentence beside the field; may be empty.
        required: whether a value must be given, by whoever asks or by `default`. Without one the SELECT sees null.
        default: what is taken where nothing is said, and None where there is none; of `many` a tuple.
        least: the smallest value, or the shortest length of a text; None where the type alone bounds it.
        most: the greatest, or the longest, likewise.
        choices: the values that may be chosen; None where any value of the type may be given.
        many: whether it takes a list of values, each of them once.
    """

    name: str
    type: str
    label: str
    help: str = ""
    required: bool = True
    default: Value | tuple[Value, ...] | None = None
    least: Value | None = None
    most: Value | None = None
    choices: Choices | None = None
    many: bool = False

    def read(self, raw: object, choices: Sequence[Choice] = ()) -> Value:
        """One value that is given for it.

        Args:
            raw: text of a form or a JSON scalar, not empty.
            choices: what may be chosen, where that is not written down.

        Raises:
            NotAValue: it cannot be taken; the message ends a sentence that the parameter begins.
        """
        value = read_value(self.type, raw)
        self._bound(value)
        offered = choices or (self.choices.offered if self.choices else ())
        if offered and all(value != choice.value for choice in offered):
            raise NotAValue("is none of the values that are offered")
        return value

    def _bound(self, value: Value) -> None:
        is_text = isinstance(value, str)
        size: Any = len(value) if isinstance(value, str) else value
        most = LONGEST if is_text and self.most is None else self.most
        unit = " characters long" if is_text else ""
        if self.least is not None and size < self.least:
            raise NotAValue(f"must be at least {self.least}{unit}")
        if most is not None and size > most:
            raise NotAValue(f"must be at most {most}{unit}")


@dataclass(frozen=True)
class Group:
    """Parameters that are asked together, in `least` to `most` lines."""

    name: str
    label: str
    fields: Mapping[str, Parameter]
    help: str = ""
    least: int = 1
    most: int = 20


@dataclass(frozen=True)
class Rule:
    """A condition, `holds`, on the parameters of one line of a group, or (`group` empty) on those that are no list.

    Where it is false, `message` stands beside the parameter `at`, and ends a sentence that this begins.
    """

    holds: str
    at: str
    message: str
    group: str = ""


@dataclass(frozen=True)
class Limits:
    """How long a report's statement may run, in seconds, and how many rows it may give."""

    seconds: int = 300
    rows: int = 5_000_000


@dataclass(frozen=True)
class Show:
    """How the result is shown at first: the columns (all, where there are none), and by which it is sorted.

    A sort is a column and whether it descends.
    """

    columns: tuple[str, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class Asked:
    """What a model that is a report declares beside a table: its name, what it can be asked, and how it is shown.

    Attributes:
        name: the report's, which is that of its file.
        rows: the rows that it gives, as the header declares them, without whose they are.
    """

    name: str
    title: str
    parameters: Mapping[str, Parameter | Group]
    rows: Table
    rules: tuple[Rule, ...] = ()
    limits: Limits = field(default_factory=Limits)
    show: Show = field(default_factory=Show)

    @property
    def scalars(self) -> Mapping[str, str]:
        """The portable types of the parameters that the SELECT names as `:name`."""
        return {one.name: one.type for one in self.parameters.values() if isinstance(one, Parameter) and not one.many}

    @property
    def relations(self) -> Mapping[str, Mapping[str, str]]:
        """The portable types of the columns of those that the SELECT reads, by `request.name`."""
        return {f"{REQUEST}.{name}": columns for name, columns in self._relations()}

    @property
    def choices(self) -> tuple[tuple[str, Choices], ...]:
        """What may be chosen, by `name` or `group.field`."""
        named = [
            *((name, one) for name, one in self.parameters.items() if isinstance(one, Parameter)),
            *((f"{name}.{part}", field) for name, one in self.parameters.items() if isinstance(one, Group)
              for part, field in one.fields.items()),
        ]  # fmt: skip
        return tuple((path, one.choices) for path, one in named if one.choices is not None)

    def _relations(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        for one in self.parameters.values():
            if isinstance(one, Group):
                yield one.name, {name: part.type for name, part in one.fields.items()} | {LINE: "integer"}
            elif one.many:
                yield one.name, {VALUE: one.type, LINE: "integer"}
