"""Which tables pages, dashboard and data API are about: where the warehouse is on another engine, these are copied.

They are all tables of the layer that people ask, and those below it that a source's own paths, pages, reports' choices
or front page name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from tributary.assets.pages import page_files
from tributary.assets.reporting.declaration import Report
from tributary.assets.source import ASKED, Source
from tributary.resources.warehouse.table import Table

_NAMED = re.compile(r"[\"']([a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*)[\"']")


def served(sources: Iterable[Source], tables: Mapping[str, Table], reports: Iterable[Report]) -> frozenset[str]:
    """The keys of these tables, `layer.name`, of all by their keys; what reports keep of their answers is none."""
    keys = {key for key, table in tables.items() if table.schema == ASKED}
    keys |= {key for source in sources for key in _named_by(source)}
    keys |= {offer.table for report in reports for offer in report.offers.values()}
    return frozenset(keys & tables.keys())


def _named_by(source: Source) -> Iterator[str]:
    yield from (resource.table for resource in source.resources)
    if source.glance is not None:
        yield source.glance.table
    for page in page_files(source):
        yield from _NAMED.findall(page.path.read_text(encoding="utf-8", errors="replace"))
