"""The header of a report's file: that of a model, and what it can be asked.

What is wrong with it beyond its shape is `declared`'s matter.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, field_validator

from tributary.assets.factory.declared_yaml import Strict
from tributary.assets.factory.header import Header, Text

_GROUP, _PARAMETER = "<group>", "<parameter>"  # parts of no place in the file: `HeaderSource` leaves `<…>` out


class ParameterEntry(Strict):
    """One thing that is asked; `min` and `max` bound a value, or the length of a text."""

    type: Text
    label: Text
    help: str = ""
    required: bool = True
    default: Any = None
    min: Any = None
    max: Any = None
    choices: Any = None
    many: bool = False


class RepeatedEntry(Strict):
    """How many lines a group may have."""

    min: int = Field(1, ge=0)
    max: int = Field(20, ge=1, le=1_000)


class GroupEntry(Strict):
    """Parameters that are asked together, line by line."""

    label: Text
    help: str = ""
    repeated: RepeatedEntry
    fields: dict[str, ParameterEntry] = Field(min_length=1)


class RuleEntry(Strict):
    """A condition on parameters, of a group's line with `in`, and what stands beside the parameter `at` else."""

    holds: Text
    at: Text
    message: Text
    group: Text = Field("", alias="in")


class LimitsEntry(Strict):
    """How many seconds a report may run, and how many rows it may give."""

    seconds: int = Field(300, ge=1, le=86_400)
    rows: int = Field(5_000_000, ge=1)


class ShowEntry(Strict):
    """The columns that are shown first, and by which the rows are sorted: `name`, or `name desc`."""

    columns: list[Text] = Field([])
    sort: list[Text] = Field([])


def _kind(entry: Any) -> str:
    return _GROUP if isinstance(entry, dict) and ("fields" in entry or "repeated" in entry) else _PARAMETER


Entry = Annotated[Annotated[ParameterEntry, Tag(_PARAMETER)] | Annotated[GroupEntry, Tag(_GROUP)], Discriminator(_kind)]


class ReportHeader(Header):
    """Everything that a report's file says of itself beside its SELECT."""

    title: Text
    parameters: dict[str, Entry] = Field({})
    rules: list[RuleEntry] = Field([])
    limits: LimitsEntry = LimitsEntry()
    show: ShowEntry = ShowEntry()

    @field_validator("kind", "window", "deduplicate", "incremental", "indexes", mode="before")
    @classmethod
    def _of_tables_only(cls, _value: object) -> None:
        raise ValueError("a report's rows are made anew for each request; leave it out")
