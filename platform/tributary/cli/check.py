"""`tributary check`: reads settings, models and definitions, so that what is wrong shows before anything runs."""

from __future__ import annotations

from resources.settings import get_settings
from tributary.cli.console import out


def check() -> int:
    """Load everything; an error ends the command with its sentence."""
    get_settings()
    import dagster as dg

    from tributary.definitions import defs
    from tributary.platform import load_platform

    dg.Definitions.validate_loadable(defs)
    platform = load_platform()
    checks = sum(len(list(asset.check_specs)) for asset in platform.assets)
    out.print(
        f"[green]✓[/] {len(platform.assets)} assets, {len(platform.models)} SQL models, {checks} checks: all sound."
    )
    return 0
