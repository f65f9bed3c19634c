"""The asset `gold.meetup_title_words`: which words the title of each event held has.

What counts as a word is decided in `titles`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import dagster as dg

from tributary.assets.factory.table_assets import Made, table_asset
from tributary.assets.meetup.lineage import TITLE_WORDS_LINEAGE
from tributary.assets.meetup.tables import LEAST_EVENTS, TITLE_WORDS
from tributary.assets.meetup.titles import words_of, words_version
from tributary.resources.warehouse.base import Batches, Origin
from tributary.resources.warehouse.warehouse import Warehouse

_DEPENDENCIES = ("core.fact_meetup_event", "core.dim_meetup_event")
_TITLES = """
SELECT f.event_id, f.local_date, CAST(coalesce(f.yes_rsvps, 0) AS bigint) AS yes_rsvps, e.title
FROM core.fact_meetup_event AS f JOIN core.dim_meetup_event AS e ON e.event_key = f.event_id
WHERE NOT f.is_cancelled ORDER BY 1
"""


def words_by_title(titles: Iterable[str]) -> Iterator[list[str]]:
    """The words of each title, sorted, in the titles' order; words of fewer than `LEAST_EVENTS` titles are left out."""
    found = [words_of(title) for title in titles]
    in_all = Counter(word for words in found for word in words)
    for words in found:
        yield sorted(word for word in words if in_all[word] >= LEAST_EVENTS)


def title_words_asset() -> dg.AssetsDefinition:
    """The asset; another list of words that say nothing is another version of it."""
    return table_asset(
        TITLE_WORDS,
        _make,
        source="meetup",
        deps=_DEPENDENCIES,
        defined_in=__file__,
        code_version=words_version(),
        lineage=TITLE_WORDS_LINEAGE,
        follows_from_deps=True,
    )


def _make(warehouse: Warehouse, origin: Origin) -> Made:
    import pyarrow as pa

    titles = warehouse.arrow(_TITLES, origin=origin)
    by_title = list(words_by_title(titles.column("title").to_pylist()))
    words = [word for one in by_title for word in one]
    rows = titles.take(pa.array([row for row, one in enumerate(by_title) for _ in one], pa.int64()))
    rows = rows.set_column(3, "word", pa.array(words, pa.string()))
    return Made(Batches(rows.to_batches()), metadata={"words": len(set(words)), "titles": titles.num_rows})
