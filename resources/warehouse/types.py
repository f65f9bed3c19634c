"""The portable column types, and their names in Postgres.

A type belongs here only when Postgres and Trino hold exactly the same values in it.
"""

from __future__ import annotations

import re

from tributary.resources.warehouse.errors import ContractError

_POSTGRES = {
    "boolean": "boolean",
    "integer": "integer",
    "bigint": "bigint",
    "double": "double precision",
    "text": "text",
    "date": "date",
    "timestamp": "timestamp without time zone",
}
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
MAX_PRECISION = 38


def parse_type(text: str) -> str:
    """Return the normal form of a portable type, such as `bigint` or `decimal(12,2)`.

    Raises:
        ContractError: the text names no portable type.
    """
    name = text.replace(" ", "").lower()
    if name in _POSTGRES:
        return name
    decimal = decimal_digits(name)
    if decimal is not None and 0 < decimal[0] <= MAX_PRECISION and decimal[1] <= decimal[0]:
        return name
    raise ContractError(f"{text!r} is not a column type; use one of {', '.join(_POSTGRES)} or decimal(p,s).")


def decimal_digits(name: str) -> tuple[int, int] | None:
    """Precision and scale of a decimal type; None for any other type."""
    match = _DECIMAL.fullmatch(name)
    return None if match is None else (int(match[1]), int(match[2]))


def postgres_type(name: str) -> str:
    """The type's name as Postgres's `format_type` writes it."""
    return _POSTGRES.get(name) or name.replace("decimal", "numeric")
