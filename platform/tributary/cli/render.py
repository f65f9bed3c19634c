"""`tributary render`: the statements of models, as an engine runs them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from tributary.assets.sources import get_sources
from tributary.cli.console import MISUSED, sentence
from tributary.cli.selecting import meant
from tributary.contents import read_contents
from tributary.resources.errors import UsageError, nearest
from tributary.resources.settings import Settings, get_settings
from tributary.resources.warehouse.base import Dialect

DIALECTS: dict[str, Dialect] = {"postgres": "postgres", "trino": "athena", "athena": "athena"}
"""By the engine's name, the dialect in which statements are given to it: Athena runs Trino's."""


def render(selections: Sequence[str], exclude: Sequence[str], against: str, dialect: str | None) -> int:
    """Print the SELECT of each model that is meant, as the engine of the settings, or of a dialect, runs it."""
    settings = get_settings()
    if dialect is not None and dialect not in DIALECTS:
        raise UsageError(
            f"--dialect {dialect} is not known{nearest(dialect, DIALECTS, '; use ' + ', '.join(DIALECTS) + '.')}"
        )
    written = DIALECTS[dialect or settings.warehouse]
    contents = read_contents(get_sources(), settings.home)
    every = {**contents.models, **{one.table.key: one.model for one in contents.reports.values()}}
    keys = [one.key for one in meant(selections, exclude, against)]
    models = [every[key] for key in keys if key in every]
    if not models:
        sentence(f"{', '.join(keys)} is made by Python code: there is no statement; name a model.")
        return MISUSED
    own = _own(settings)
    for model in models:
        if len(models) > 1:
            sys.stdout.write(f"-- {model.key}\n")
        sys.stdout.write(f"{own(model.statement(written))};\n")
    return 0


def _own(settings: Settings) -> Callable[[str], str]:
    """What a statement becomes where it is run: in an environment it reads the environment's tables."""
    if not settings.environment:
        return str
    from tributary.resources.warehouse.environments.rewriting import rewritten
    from tributary.resources.warehouse.opening import open_environment

    engine = open_environment(settings)
    held = engine.held()
    return lambda sql: rewritten(sql, engine.environment, held)
