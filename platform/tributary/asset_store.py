"""Keeps the assets that there are in the home, so that only the first process pays for loading the definitions.

They are kept under a digest of all that the definitions are made of; where that is another now, they are loaded.
"""

from __future__ import annotations

import hashlib
import sys
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import msgspec

from tributary.asset_graph import FILE, AssetGraph, graph_of, kept_graph
from tributary.assets.source import Source
from tributary.assets.sources import Sources, get_sources
from tributary.catalogue import digest_of
from tributary.resources.home import put_whole
from tributary.resources.places import PACKAGE
from tributary.resources.settings import get_settings, shown

_CODE = ("assets", "automation", "reports", "resources/warehouse", "asset_graph.py", "platform.py")


def get_graph() -> AssetGraph:
    """The assets of the sources that are on, as their code and files are now."""
    return current_graph() or load_graph()


def current_graph() -> AssetGraph | None:
    """The same, where they are kept in the home; None where the definitions must be loaded for it."""
    kept = kept_graph(get_settings().home)
    return kept if kept is not None and kept.digest == digest_now(get_sources()) else None


def load_graph() -> AssetGraph:
    """The assets of the definitions, which are loaded for it; they are kept in the home.

    They are not where a file has been edited since they began to be loaded: nobody knows which text they are of.
    """
    made_of, home = load_definitions(), get_settings().home
    from tributary.definitions import defs

    graph = graph_of(defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph, made_of)
    kept = kept_graph(home)
    if (kept is None or kept.digest != made_of) and digest_now(get_sources()) == made_of:
        with suppress(OSError):  # where it cannot be kept, the next one makes it again
            put_whole(home / FILE, msgspec.json.encode(graph))
    return graph


@lru_cache
def load_definitions() -> str:
    """Load the definitions of this process; a digest of what they are made of, taken before anything of it is read."""
    digest = digest_now(get_sources())
    import_module("tributary.definitions")
    return digest


def digest_now(sources: Sources) -> str:
    """A digest of all that the definitions are made of now: the catalogue's, code, and settings, without secrets."""
    # An environment has the assets of production.
    platform = get_settings().model_copy(update={"environment": ""})
    settings = [row for one in (platform, *sources.settings) for row in shown(one)]
    told = f"{digest_of(sources)} {version('dagster')} {settings!r} {sorted(sources.broken.items())!r}"
    digest = hashlib.sha256(told.encode())
    places = [PACKAGE / name for name in _CODE] + [folder for one in sources for folder in code_places(one)]
    for place in dict.fromkeys(places):
        for path in sorted(place.rglob("*.py")) or [place]:
            status = path.stat()
            digest.update(f"{path} {status.st_mtime_ns} {status.st_size}\n".encode())
    return digest.hexdigest()


def code_places(source: Source) -> list[Path]:
    """Where a source's Python code is: a folder for each of its packages; none where it has none."""
    names = [place.partition(":")[0] for place in (source.parts, source.services) if place]
    found: dict[Path, None] = {}
    for name in dict.fromkeys(name.rpartition(".")[0] or name for name in names):
        # The record of a source is loaded, and so are the packages around it.
        module = sys.modules.get(name)
        if module is not None and module.__file__ is not None:
            file = Path(module.__file__)
            found[file.parent if hasattr(module, "__path__") else file] = None
    return list(found)
