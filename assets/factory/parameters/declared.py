"""Makes what a report can be asked of what its header declares, and finds what is wrong with that."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

from tributary.assets.factory.errors import ModelError, together
from tributary.assets.factory.expressions import condition_problems
from tributary.assets.factory.header import HeaderSource
from tributary.assets.factory.lint.vocabulary import RESERVED
from tributary.assets.factory.parameters.conditions import rule_problems
from tributary.assets.factory.parameters.entries import GroupEntry, ParameterEntry, ReportHeader, RuleEntry
from tributary.assets.factory.parameters.parameter import (
    LINE,
    REQUEST,
    VALUE,
    Asked,
    Choice,
    Choices,
    Group,
    Limits,
    Parameter,
    Rule,
    Show,
    table_key,
)  # fmt: skip
from tributary.assets.factory.parameters.values import NotAValue, Value, in_order, read_value
from tributary.resources.errors import nearest
from tributary.resources.warehouse.checks import Unique
from tributary.resources.warehouse.errors import ContractError
from tributary.resources.warehouse.table import Column, Table, identifier
from tributary.resources.warehouse.types import parse_type

KEY_COLUMN, ID_COLUMN = "request_key", "request_id"
_WHOSE = (
    Column(KEY_COLUMN, "text", "The question: the same for each request that asks the same."),
    Column(ID_COLUMN, "text", "The request whose extract the rows are of."),
)
RESERVED_NAMES = ("requests", "saved", "static")
"""Names that no report can have, as they stand beside those of reports in the addresses of pages and of the API."""

_FROM = re.compile(r"([a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*)\.([a-z_][a-z0-9_]*)")
_SORT = re.compile(r"([a-z_][a-z0-9_]*)(?: +(asc|desc))?", re.IGNORECASE)
T = TypeVar("T")


def report_table(rows: Table) -> Table:
    """`staged.report_<name>`: the rows of all requests of a report, by whose they are."""
    checks = tuple(
        replace(check, names=(KEY_COLUMN, *check.names), title=check.name) if isinstance(check, Unique) else check
        for check in rows.checks
    )
    schema, _, name = table_key(rows.name).partition(".")
    return Table(
        schema=schema,
        name=name,
        columns=(*_WHOSE, *rows.columns),
        description=f"{rows.description} Of each question the newest extract.",
        grain=f"{rows.grain}, and question",
        checks=checks,
    )


def declared_asked(file: HeaderSource[ReportHeader], rows: Table) -> Asked:
    """What a report can be asked; `rows` are those that its header declares.

    Raises:
        ModelError: a part of the header cannot be.
    """
    header, declaring = file.header, _Declaring(file)
    if rows.name in RESERVED_NAMES:
        raise ModelError(file.path, 1, f"{rows.name} has a meaning of its own in addresses; rename this file.")
    parameters = {name: declaring.member(name, entry) for name, entry in header.parameters.items()}
    known = {name: one for name, one in parameters.items() if one is not None}
    rules = tuple(Rule(one.holds, one.at, one.message, one.group) for one in header.rules)
    if not declaring.refused:
        for index, rule in enumerate(header.rules):
            declaring.rule(index, rule, known)
    shown = Show(tuple(header.show.columns), tuple(declaring.sort(index) for index in range(len(header.show.sort))))
    declaring.named("columns", header.show.columns, rows.column_names)
    declaring.named("sort", [column for column, _ in shown.sort], rows.column_names)
    if declaring.refused:
        raise together(declaring.refused)
    limits = Limits(header.limits.seconds, header.limits.rows)
    return Asked(rows.name, header.title, known, rows, rules, limits, shown)


class _Declaring:
    """Makes the parts, and gathers what is wrong with them."""

    def __init__(self, file: HeaderSource[ReportHeader]) -> None:
        self.file = file
        self.refused: list[ModelError] = []

    def refuse(self, problem: str, *place: str | int) -> None:
        self.refused.append(ModelError(self.file.path, self.file.line(*place), problem))

    def member(self, name: str, entry: ParameterEntry | GroupEntry) -> Parameter | Group | None:
        place = ("parameters", name)
        if not isinstance(entry, GroupEntry):
            return self.parameter(name, entry, place)
        self.name(name, place)
        if entry.repeated.max < entry.repeated.min:
            self.refuse(
                f"{name}: at most {entry.repeated.max} lines are fewer than at least {entry.repeated.min}.", *place
            )
        fields = {
            one: self.parameter(one, part, (*place, "fields", one), within=name) for one, part in entry.fields.items()
        }
        known = {one: part for one, part in fields.items() if part is not None}
        return Group(name, entry.label, known, entry.help, entry.repeated.min, entry.repeated.max)

    def parameter(self, name: str, entry: ParameterEntry, place: tuple[str, ...], within: str = "") -> Parameter | None:
        self.name(name, place, (LINE, VALUE) if within else ())
        if within and entry.many:
            self.refuse(f"{name} cannot take many values within a group; give the group a line for each.", *place)
        try:
            kind = parse_type(entry.type)
        except ContractError as error:
            self.refuse(f"{name}: {error}", *place, "type")
            return None
        bare = Parameter(name, kind, entry.label, entry.help, entry.required, many=entry.many)
        if kind == "text":
            least, most = (self.read("integer", getattr(entry, part), name, *place, part) for part in ("min", "max"))
        else:
            least, most = (self.read(kind, getattr(entry, part), name, *place, part) for part in ("min", "max"))
        if kind == "boolean" and (least is not None or most is not None):
            self.refuse(f"{name} is true or false and has no bounds; leave min and max out.", *place)
            return None
        if least is not None and most is not None and in_order((least, most))[0] != least:
            self.refuse(f"{name}: min {least} is above max {most}.", *place, "min")
        found = replace(bare, least=least, most=most, choices=self.choices(bare, entry.choices, place))
        return replace(found, default=self.default(found, entry.default, place))

    def name(self, name: str, place: tuple[str, ...], taken: Collection[str] = ()) -> None:
        try:
            identifier(name)
        except ContractError as error:
            self.refuse(str(error), *place)
        if name in RESERVED or name in taken:
            self.refuse(f"{name} is a word that SQL, or a report, has for itself; choose another name.", *place)

    def read(self, kind: str, raw: object, name: str, *place: str | int) -> Value | None:
        """A value of the header that stands at a place; None where there is none."""
        return None if raw is None else self.tried(partial(read_value, kind, raw), f"{name}: {place[-1]}", *place)

    def tried(self, read: Callable[[], T], what: str, *place: str | int) -> T | None:
        try:
            return read()
        except NotAValue as problem:
            self.refuse(f"{what} {problem}.", *place)
            return None

    def default(self, found: Parameter, raw: object, place: tuple[str, ...]) -> Value | tuple[Value, ...] | None:
        what = f"{found.name}: default"
        if raw is None:
            return None
        if not found.many:
            return self.tried(partial(found.read, raw), what, *place, "default")
        listed = raw if isinstance(raw, list) else [raw]
        values = [self.tried(partial(found.read, one), what, *place, "default") for one in listed]
        return in_order(value for value in values if value is not None)

    def choices(self, found: Parameter, raw: object, place: tuple[str, ...]) -> Choices | None:
        place, what = (*place, "choices"), f"{found.name}: a choice"
        if raw is None:
            return None
        if isinstance(raw, Mapping) and "from" in raw:
            column, label = _FROM.fullmatch(str(raw["from"])), str(raw.get("label", ""))
            if column is None or set(raw) - {"from", "label"} or (label and not label.isidentifier()):
                self.refuse(
                    f"{found.name}: choices come from a column, as {{from: core.dim_store.store_id}}; another column "
                    "of that table may hold what they are called: label: store_name.",
                    *place,
                )
                return None
            return Choices(table=column[1], column=column[2], label=label)
        if not raw or not isinstance(raw, list | Mapping):
            self.refuse(
                f"{found.name}: choices are a list, a mapping of values to what they are called, or {{from: …}}.",
                *place,
            )
            return None
        pairs = raw.items() if isinstance(raw, Mapping) else ((value, value) for value in raw)
        read = [(self.tried(partial(found.read, value), what, *place), str(label)) for value, label in pairs]
        return Choices(tuple(Choice(value, label) for value, label in read if value is not None))

    def rule(self, index: int, entry: RuleEntry, known: Mapping[str, Parameter | Group]) -> None:
        place = ("rules", index)
        group = known.get(entry.group) if entry.group else None
        if entry.group and not isinstance(group, Group):
            names = [name for name, one in known.items() if isinstance(one, Group)]
            self.refuse(f"{entry.group} is no group of parameters{nearest(entry.group, names)}", *place, "in")
            return
        members = group.fields.values() if isinstance(group, Group) else known.values()
        among = [one for one in members if isinstance(one, Parameter) and not one.many]
        names = [one.name for one in among]
        if entry.at not in names:
            self.refuse(
                f"{entry.at} is no parameter that the rule can stand beside{nearest(entry.at, names)}", *place, "at"
            )
        if not among:
            return
        line = Table(REQUEST, entry.group or "it", tuple(Column(one.name, one.type, one.label) for one in among))
        problems = [found.problem for found in condition_problems(line, entry.holds)] or rule_problems(entry.holds)
        for problem in problems:
            self.refuse(problem, *place, "holds")

    def sort(self, index: int) -> tuple[str, bool]:
        text = self.file.header.show.sort[index]
        found = _SORT.fullmatch(text)
        if found is None:
            self.refuse(f"{text!r} sorts by nothing; write a column's name, or name desc.", "show", "sort", index)
            return "", False
        return found[1], (found[2] or "").lower() == "desc"

    def named(self, part: str, names: Collection[str], columns: Collection[str]) -> None:
        for index, name in enumerate(names):
            if name and name not in columns:
                self.refuse(
                    f"show names {name}, which is not one of its columns{nearest(name, columns)}", "show", part, index
                )
