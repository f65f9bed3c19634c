"""Loads the definitions, and keeps in the home what assets there are, so that only the first process must load all.

They are kept under a digest of all that the definitions are made of; where that is another now, they are loaded.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tributary.asset_graph import FILE, AssetGraph, graph_of, kept_graph
from tributary.assets.source import Source
from tributary.assets.sources import Sources, check_settings, get_sources
from tributary.catalogue import digest_of
from tributary.resources.home import put_whole
from tributary.resources.places import PACKAGE
from tributary.resources.settings import get_settings, shown

if TYPE_CHECKING:
    import dagster as dg

    from tributary.platform import Platform

_CODE = ("assets", "automation", "reports", "resources/warehouse", "asset_graph.py", "defining.py", "platform.py")


@dataclass(frozen=True)
class Loaded:
    """The definitions of this process.

    Attributes:
        digest: of what they are made of, taken before anything of it was read.
        of: the sources of which there are assets; None for all.
        part_of: of some, the snapshot of the job of all assets; empty where that is not known.
    """

    platform: Platform
    defs: dg.Definitions
    digest: str
    of: frozenset[str] | None = None
    part_of: str = ""

    @property
    def job(self) -> dg.JobDefinition:
        """The job of all their assets."""
        return self.defs.resolve_implicit_global_asset_job_def()


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
    loaded, settings = load_definitions(), get_settings()
    kept = kept_graph(settings.home)
    if kept is not None and kept.digest == loaded.digest:
        return kept
    graph = graph_of(loaded.defs.resolve_asset_graph(), loaded.digest, loaded.platform.resources(settings))
    graph = msgspec.structs.replace(graph, job=loaded.job.get_job_snapshot_id())
    if digest_now(get_sources()) == loaded.digest:
        with suppress(OSError):  # where it cannot be kept, the next one makes it again
            put_whole(settings.home / FILE, msgspec.json.encode(graph))
    return graph


@lru_cache
def load_definitions() -> Loaded:
    """The definitions of this process, of all sources that are on."""
    digest = digest_now(get_sources())
    from tributary.defining import whole

    platform = _load_platform()
    return Loaded(platform, whole(platform), digest)


def load_needed(graph: AssetGraph, keys: Collection[str]) -> Loaded | None:
    """The definitions of the sources that some assets of the graph of now are of and read; None to have all loaded.

    That is so where it is not certain that these definitions are a part of all: where something is refused, or a source
    makes other assets than the graph says.
    """
    sources = graph.sources_behind(keys)
    is_less = len(sources) < len({one.source for one in graph.assets})
    if graph.resources is None or not is_less or any(one.refused for one in graph.assets):
        return None
    from tributary.defining import for_runs

    platform = _load_platform(sources)
    made = {".".join(key.path) for one in platform.assets for key in one.keys}
    if made != {one.key for one in graph.assets if one.source in sources}:
        return None
    return Loaded(platform, for_runs(platform, graph.resources), graph.digest, frozenset(sources), graph.job)


def _load_platform(of: Collection[str] | None = None) -> Platform:
    from tributary.platform import load_platform
    from tributary.resources.dagster_internals.partitions import keep_keys

    keep_keys()
    check_settings()
    return load_platform(of=of)


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
