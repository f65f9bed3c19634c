"""What the pages show of one state of the catalogue, made anew in the background when that has changed."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tributary.assets.pages import page_files
from tributary.assets.source import Resource
from tributary.assets.sources import Sources, get_sources
from tributary.catalogue import Catalogue, ReportEntry, catalogue_of
from tributary.launcher.services import DASHBOARD_PATH
from tributary.lineage_graph import Lineages
from tributary.web.catalog.searching import Search

_LOOK_SECONDS = 2.0


class Use(NamedTuple):
    """A page of the dashboard: its title, its address, and the text of its file."""

    title: str
    address: str
    text: str


@dataclass(frozen=True)
class Known:
    """One state of the catalogue, and what the sources show of it elsewhere."""

    catalogue: Catalogue
    resources: Sequence[Resource] = ()
    pages: Sequence[Use] = ()

    @cached_property
    def lineages(self) -> Lineages:
        """The lineage of all columns."""
        return Lineages(self.catalogue)

    @cached_property
    def search(self) -> Search:
        """What searches the tables."""
        return Search(self.catalogue.tables)

    @cached_property
    def read_by(self) -> Mapping[str, Sequence[str]]:
        """By each table, the tables that are made of it."""
        found: dict[str, dict[str, None]] = {}
        for table in self.catalogue.tables:
            for key in self.reads(table.key):
                found.setdefault(key, {})[table.key] = None
        return {key: list(readers) for key, readers in found.items()}

    def reads(self, key: str) -> Sequence[str]:
        """What a table is made of, tables and objects of the lake alike, as `layer.name`."""
        table = self.catalogue.by_key[key]
        return sorted({*table.reads, *(source.table for one in table.columns for source in one.sources)} - {key})

    def paths(self, key: str) -> list[Resource]:
        """The named paths of the data API that give a table's rows."""
        return [one for one in self.resources if one.table == key]

    def reports(self, key: str) -> list[ReportEntry]:
        """The reports that are asked of a table, or made it."""
        tables = self.catalogue.by_key
        return [one for one in self.catalogue.reports if key == one.table or key in tables[one.table].reads]

    def used_by(self, key: str) -> list[Use]:
        """The pages of the dashboard whose files name a table, or a path of the data API that is its."""
        words = [re.escape(key), *(re.sub(r"\\{.*?\\}", r"[^/\"']+", re.escape(one.path)) for one in self.paths(key))]
        named = re.compile(rf"[\"'](?:{'|'.join(words)})[\"']")
        return [one for one in self.pages if named.search(one.text)]


class Knowing:
    """Gives what is known, as it was some seconds ago at the most; safe to use from several threads.

    Args:
        home: where the catalogue is kept.
        sources: those whose tables are shown; default: those that are on.
    """

    def __init__(self, home: Path, sources: Sources | None = None) -> None:
        self._home, self._sources = home, sources or get_sources()
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._known: Known | None = None

    def __call__(self) -> Known:
        """What is known. Whoever comes while it is looked at anew takes what was known before."""
        if self._known is None:
            with self._lock:
                return self._known or self._look()
        if time.monotonic() - self._looked > _LOOK_SECONDS and self._lock.acquire(blocking=False):
            try:
                return self._look()
            finally:
                self._lock.release()
        return self._known

    def _look(self) -> Known:
        found = catalogue_of(self._sources, self._home)
        if self._known is None or self._known.catalogue.digest != found.digest:
            resources = [resource for source in self._sources for resource in source.resources]
            self._known = Known(found, resources, list(self._pages()))
        self._looked = time.monotonic()
        return self._known

    def _pages(self) -> Iterator[Use]:
        for source in self._sources:
            for page in page_files(source):
                text = page.path.read_text(encoding="utf-8", errors="replace")
                yield Use(f"{source.name}: {page.title}", f"{DASHBOARD_PATH}/{page.address}", text)
