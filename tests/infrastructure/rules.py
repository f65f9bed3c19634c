"""What every resource of a type must be, by type: `@of(TYPE)` registers it, and `test_resources` applies all."""

from __future__ import annotations

from collections.abc import Callable

from tests.infrastructure.templates import Resource

Rule = Callable[[Resource], None]
RULES: dict[str, list[Rule]] = {}


def of(*types: str) -> Callable[[Rule], Rule]:
    """Register what each resource of these types must be."""

    def register(rule: Rule) -> Rule:
        for type_ in types:
            RULES.setdefault(type_, []).append(rule)
        return rule

    return register


def own(stage_prefix: str, text: str) -> bool:
    """Whether a name is of the stage."""
    return text == stage_prefix or text.startswith((f"{stage_prefix}-", f"{stage_prefix}/", f"/{stage_prefix}/"))
