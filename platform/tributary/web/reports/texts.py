"""How values are written for people, and typed by them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from tributary.assets.factory.parameters.values import canonical_value


def typed(kind: str, value: object) -> str:
    """A value of a portable type as one types it, from Python's or JSON's: the shortest text that reads as the same."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(canonical_value(value))  # type: ignore[arg-type]  # what a parameter's value is
    if kind.startswith("decimal"):
        try:
            return f"{Decimal(text).normalize():f}"
        except InvalidOperation:
            return text
    return text
