"""`tributary down`: ends the `tributary up` of this home from another terminal, as Ctrl-C does there."""

from __future__ import annotations

from tributary.cli.console import out
from tributary.launcher.single import LOCK, end_holder
from tributary.resources.settings import get_settings

_SECONDS = 60.0
"""Longer than all parts together are given to end."""


def down() -> int:
    """End it, and wait until all its parts have ended."""
    was_up = end_holder(get_settings().home / LOCK, "Tributary", _SECONDS)
    out.print("Tributary is down." if was_up else "Tributary is not up.")
    return 0
