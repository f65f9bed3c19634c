"""What a shell's Tab gives: names of tables, layers, sources, columns and reports, of what is kept in the home.

The commands themselves and their options are completed by Typer. Nothing is made or started for it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from functools import wraps

from tributary.resources.errors import TributaryError, UsageError, nearest

VARIABLE = "_TRIBUTARY_COMPLETE"
"""By which a shell asks."""

SHELLS = ("bash", "zsh", "fish")
_LAST = re.compile(r"(?:.*[\s(+])?(?=[\w./*:]*$)", re.DOTALL)
_WORDS = ("state:modified", "kind:", "tag:", "owner:")


def script(shell: str) -> str:
    """The script by which a shell completes `tributary`.

    Raises:
        UsageError: it is none of those that can.
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    if shell not in SHELLS:
        raise UsageError(f"{shell} is no shell that is completed{nearest(shell, SHELLS, '; use bash, zsh or fish.')}")
    return get_completion_script(prog_name="tributary", complete_var=VARIABLE, shell=shell) + "\n"


def prepare() -> None:
    """Let Typer answer a shell that asks what could follow, where one does."""
    if VARIABLE in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()


def _silent(complete: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    """Nothing, where settings or files are wrong: a terminal in which somebody types is no place to say so."""

    @wraps(complete)
    def completed(incomplete: str) -> list[str]:
        try:
            return complete(incomplete)
        except TributaryError:
            return []

    return completed


@_silent
def complete_selection(incomplete: str) -> list[str]:
    """Selections that begin so; the last word of one is what is completed."""
    from tributary.asset_graph import kept_graph
    from tributary.resources.settings import get_settings

    graph = kept_graph(get_settings().home)
    assets = graph.assets if graph is not None else ()
    names = [one.key for one in assets]
    names += sorted({one.layer for one in assets} | {one.source for one in assets} - {""})
    found = _LAST.match(incomplete)
    before = found[0] if found else ""
    return [before + name for name in _beginning([*names, *_WORDS], incomplete[len(before) :])]


@_silent
def complete_target(incomplete: str) -> list[str]:
    """Tables, or columns of one that is named already, that begin so."""
    from tributary.catalogue import get_catalogue

    tables = get_catalogue().by_key
    named = tables.get(incomplete.rpartition(".")[0])
    names = [f"{named.key}.{one.name}" for one in named.columns] if named is not None else tables
    return list(_beginning(names, incomplete))


@_silent
def complete_report(incomplete: str) -> list[str]:
    """Reports that begin so."""
    from tributary.catalogue import get_catalogue

    return list(_beginning((one.name for one in get_catalogue().reports), incomplete))


def _beginning(names: Iterable[str], text: str) -> Iterator[str]:
    return (name for name in names if name.startswith(text))
