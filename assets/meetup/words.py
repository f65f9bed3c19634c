"""The asset `gold.meetup_event_words`: which words the titles of events held, month by month.

What counts as a word is decided in `titles`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

import dagster as dg

from tributary.assets.factory.table_assets import Made, table_asset
from tributary.assets.meetup.lineage import EVENT_WORDS_LINEAGE
from tributary.assets.meetup.tables import EVENT_WORDS, LEAST_EVENTS
from tributary.assets.meetup.titles import words_of, words_version
from tributary.resources.warehouse.base import Batches, Origin
from tributary.resources.warehouse.warehouse import Warehouse

_DEPENDENCIES = ("core.fact_meetup_event", "core.dim_meetup_event")
_TITLES = """
SELECT CAST(date_trunc('month', f.local_date) AS date) AS month_start, e.title, count(*) AS events,
  CAST(coalesce(sum(f.yes_rsvps), 0) AS bigint) AS yes_rsvps
FROM core.fact_meetup_event AS f JOIN core.dim_meetup_event AS e ON e.event_key = f.event_id
WHERE NOT f.is_cancelled
GROUP BY 1, 2
"""


class Title(NamedTuple):
    """A title in a month: the events held under it, and who said yes to them."""

    month_start: date
    title: str
    events: int
    yes_rsvps: int


class WordCount(NamedTuple):
    """A row of the table."""

    month_start: date
    word: str
    events: int
    yes_rsvps: int


def count_words(titles: Iterable[Title]) -> Iterator[WordCount]:
    """The words of the titles by month and word; of words of fewer than `LEAST_EVENTS` events in all, nothing."""
    events: Counter[tuple[date, str]] = Counter()
    yes_rsvps: Counter[tuple[date, str]] = Counter()
    in_all: Counter[str] = Counter()
    for title in titles:
        for word in words_of(title.title):
            events[title.month_start, word] += title.events
            yes_rsvps[title.month_start, word] += title.yes_rsvps
            in_all[word] += title.events
    for month, word in sorted(events):
        if in_all[word] >= LEAST_EVENTS:
            yield WordCount(month, word, events[month, word], yes_rsvps[month, word])


def event_words_asset() -> dg.AssetsDefinition:
    """The asset; another list of words that say nothing is another version of it."""
    return table_asset(
        EVENT_WORDS,
        _make,
        source="meetup",
        deps=_DEPENDENCIES,
        defined_in=__file__,
        code_version=words_version(),
        lineage=EVENT_WORDS_LINEAGE,
        follows_from_deps=True,
    )


def _make(warehouse: Warehouse, origin: Origin) -> Made:
    import pyarrow as pa

    titles = warehouse.arrow(_TITLES, origin=origin)
    rows = zip(*(titles.column(name).to_pylist() for name in Title._fields), strict=True)
    counts = list(count_words(Title(*row) for row in rows))
    schema = pa.schema(
        [("month_start", pa.date32()), ("word", pa.string()), ("events", pa.int32()), ("yes_rsvps", pa.int64())]
    )
    batch = pa.RecordBatch.from_pylist([count._asdict() for count in counts], schema=schema)
    return Made(Batches([batch]), metadata={"words": len({count.word for count in counts}), "titles": titles.num_rows})
