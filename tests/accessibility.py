"""Whether everybody can use a page, as far as a machine can tell: what axe finds wrong with it in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright import sync_api


def faults(page: sync_api.Page, *, within: str = "body", without: tuple[str, ...] = ()) -> list[str]:
    """Each rule of axe that a page breaks as it stands now, with the elements that break it; `without` are rules.

    The script is that of the package `axe-playwright-python`: nobody is asked for it, and no page's policy stops it.
    """
    from axe_playwright_python.sync_playwright import Axe

    options = {"resultTypes": ["violations"], "rules": {name: {"enabled": False} for name in without}}
    found = Axe().run(page, within, options).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: "
        + "; ".join(f"{' '.join(map(str, node['target']))} {node['html'][:120]}" for node in one["nodes"])
        for one in found
    ]
