"""`tributary check`: reads settings, models and definitions, so that what is wrong shows before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tributary.catalogue import get_catalogue
from tributary.cli.console import out, sentence
from tributary.resources.settings import get_settings
from tributary.services import find_services, processes_of

if TYPE_CHECKING:
    from tributary.platform import Platform


def check() -> int:
    """Load everything, and tell all that is wrong; 1 where anything is."""
    import dagster as dg

    from tributary.asset_store import load_definitions, load_graph

    loaded = load_definitions()
    platform = loaded.platform
    dg.Definitions.validate_loadable(loaded.defs)
    get_catalogue()
    load_graph()
    wrong = [*platform.problems, *find_services().broken.values(), *_wrong_in_python(platform)]
    processes_of(get_settings(), wrong.append)
    if wrong:
        for text in wrong:
            sentence(text)
        left_out = f"; {len(platform.refused)} models are not made until that is mended" if platform.refused else ""
        out.print(f"{len(wrong)} thing{'' if len(wrong) == 1 else 's'} to mend{left_out}.")
        return 1
    checks = sum(len(list(asset.check_specs)) for asset in platform.assets)
    out.print(
        f"[green]✓[/] {len(platform.assets)} assets, {len(platform.models)} SQL models, {checks} checks: all sound."
    )
    return 0


def tell_refused(platform: Platform) -> None:
    """Say of each file that is refused, and each source, what is wrong with it: the rest goes on without it."""
    for problem in platform.problems:
        sentence(problem)
    if platform.refused:
        out.print(f"[yellow]↷[/] {len(platform.refused)} models are not made until that is mended.")


def _wrong_in_python(platform: Platform) -> Iterator[str]:
    """The SQL that Python code declares, of checks and of files, is held to the same rules as that of model files."""
    from tributary.assets.factory.expressions import condition_problems, contract_problems
    from tributary.resources.warehouse.checks import Expression

    for key, table in platform.tables.items():
        if table.file is not None:
            yield from (f"{key}, {problem}" for problem in contract_problems(table, table.file))
        if key not in platform.models:
            for one in table.checks:
                if isinstance(one, Expression):
                    yield from (
                        f"{key}, check {one.name}: {found.problem}" for found in condition_problems(table, one.sql)
                    )
