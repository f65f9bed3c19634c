"""Describes what a report can be asked as JSON Schema, for programs: the body of a request to the API.

https://json-schema.org/draft/2020-12. What a schema cannot say (rules between parameters, choices of a column) is
told by the answer to a request that cannot be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tributary.assets.factory.parameters.parameter import LONGEST, MOST_VALUES, Group, Parameter
from tributary.assets.factory.parameters.values import canonical_value
from tributary.assets.reporting.declaration import Report

_TYPES: dict[str, dict[str, Any]] = {
    "boolean": {"type": ["boolean"]},
    "integer": {"type": ["integer"], "format": "int32"},
    "bigint": {"type": ["integer"], "format": "int64"},
    "double": {"type": ["number"]},
    "decimal": {"type": ["number", "string"]},  # as text no reader loses digits
    "text": {"type": ["string"], "maxLength": LONGEST},
    "date": {"type": ["string"], "format": "date"},
    "timestamp": {"type": ["string"], "pattern": r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?$"},
}

_BOUNDS = {
    "text": ("minLength", "maxLength"),
    "date": ("formatMinimum", "formatMaximum"),  # as Ajv and the proposal for JSON Schema call them
    "timestamp": ("formatMinimum", "formatMaximum"),
}


def json_schema(report: Report) -> dict[str, Any]:
    """The schema of the object that `read_answers` takes; `x-tributary-type` is a parameter's portable type."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": report.title,
        "description": report.description,
        **_object(report.parameters),
    }


def _object(parameters: Mapping[str, Parameter | Group]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            name: _group(one) if isinstance(one, Group) else _parameter(one) for name, one in parameters.items()
        },
        "required": [name for name, one in parameters.items() if _must_be_named(one)],
        "additionalProperties": False,
    }


def _must_be_named(one: Parameter | Group) -> bool:
    return one.least > 0 if isinstance(one, Group) else one.required and one.default is None


def _group(group: Group) -> dict[str, Any]:
    lines = {"type": "array", "minItems": group.least, "maxItems": group.most, "items": _object(group.fields)}
    return {**_named(group), **lines}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    one = _value(parameter)
    if parameter.many:
        listed = {"type": "array", "items": one, "uniqueItems": True, "maxItems": MOST_VALUES}
        one = {**listed, **({"minItems": 1} if parameter.required else {})}
    elif not parameter.required:
        one = _or_null(one)
    if parameter.default is not None:
        default = parameter.default
        values = [*map(canonical_value, default if isinstance(default, tuple) else (default,))]
        one["default"] = values if parameter.many else values[0]
    return {**_named(parameter), **one, "x-tributary-type": parameter.type}


def _value(parameter: Parameter) -> dict[str, Any]:
    """One value; bounds stand where JSON's type has them, and a default or choice in its canonical form."""
    found: dict[str, Any] = {**_TYPES[parameter.type.partition("(")[0]]}
    words = _BOUNDS.get(parameter.type, ("minimum", "maximum"))
    for word, bound in zip(words, (parameter.least, parameter.most), strict=True):
        if bound is not None:
            found[word] = float(bound) if isinstance(bound, Decimal) else canonical_value(bound)
    choices = parameter.choices
    if choices is not None and choices.offered:
        found = {"oneOf": [{"const": canonical_value(one.value), "title": one.label} for one in choices.offered]}
    if choices is not None and choices.table:
        found["x-tributary-choices"] = f"{choices.table}.{choices.column}"
    return found


def _or_null(found: dict[str, Any]) -> dict[str, Any]:
    if "oneOf" in found:
        return {**found, "oneOf": [*found["oneOf"], {"type": "null"}]}
    return {**found, "type": [*found["type"], "null"]}


def _named(one: Parameter | Group) -> dict[str, Any]:
    return {"title": one.label, **({"description": one.help} if one.help else {})}
