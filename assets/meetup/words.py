"""The asset `gold.meetup_event_words`: which words the titles of events held, month by month.

What counts as a word is decided here; the words that say nothing are listed in `stopwords.txt`.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import dagster as dg

from assets.factory.lineage import Lineage, Source
from assets.factory.table_assets import Made, table_asset
from resources.warehouse.base import Batches, Origin, Warehouse
from resources.warehouse.checks import Expression, NotNull, Unique
from resources.warehouse.table import Column, Table

LEAST_EVENTS = 2
"""A word of fewer events than this, in all months together, is left out: most of those are slips and names."""

EVENT_WORDS = Table(
    schema="gold",
    name="meetup_event_words",
    description=(
        "The words in the titles of the events held, month by month; cancelled events were not held. A word is a run "
        "of letters, in lower case, of two at least, which may have digits after the first; HTML, addresses, emoji, "
        "punctuation, numbers, possessive endings and English words that say nothing (weekdays and months among them) "
        f"are left out, and so are words of fewer than {LEAST_EVENTS} events in all."
    ),
    grain="one row a month and word",
    columns=(
        Column("month_start", "date", "First day of the month of the event's day, where the group is."),
        Column("word", "text", "The word, in lower case."),
        Column("events", "integer", "Events held that have it in the title, once or more."),
        Column("yes_rsvps", "bigint", "Who said yes to them; 0 for those not told."),
    ),
    checks=(
        Unique(("month_start", "word")),
        NotNull(("month_start", "word", "events", "yes_rsvps")),
        Expression("events > 0 and yes_rsvps >= 0", title="every_word_has_an_event"),
    ),
)

_DEPENDENCIES = ("core.fact_meetup_event", "core.dim_meetup_event")
_TITLES = """
SELECT CAST(date_trunc('month', f.local_date) AS date) AS month_start, e.title, count(*) AS events,
  CAST(coalesce(sum(f.yes_rsvps), 0) AS bigint) AS yes_rsvps
FROM core.fact_meetup_event AS f JOIN core.dim_meetup_event AS e ON e.event_key = f.event_id
WHERE NOT f.is_cancelled
GROUP BY 1, 2
"""
_TITLE = (Source("core.dim_meetup_event", "title"),)
EVENT_WORDS_LINEAGE: Lineage = {
    "month_start": (Source("core.fact_meetup_event", "local_date"),),
    "word": _TITLE,
    "events": _TITLE,
    "yes_rsvps": (Source("core.fact_meetup_event", "yes_rsvps"),),
}

_STOPWORDS = Path(__file__).with_name("stopwords.txt")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+", re.IGNORECASE)
_ENDING = re.compile(r"(?:'s?)+$")
_APOSTROPHES = "'\u2018\u2019\u02bc\uff07`\u00b4"


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


class _Characters(dict[int, str | None]):
    """What `str.translate` makes of each character: itself, another, or nothing. Filled in as characters turn up."""

    def __missing__(self, code: int) -> str | None:
        self[code] = made = _made_of(chr(code))
        return made


def _made_of(character: str) -> str | None:
    if character in _APOSTROPHES:
        return "'"
    kind = unicodedata.category(character)
    # These stand within words: joiners, soft hyphens, marks of direction; frames around digits, and emoji's styles.
    if kind in ("Cf", "Me") or "\ufe00" <= character <= "\ufe0f":
        return None
    return character if kind[0] in "LMN" else " "


_CHARACTERS = _Characters()


@cache
def stopwords() -> frozenset[str]:
    """The words that say nothing, in lower case."""
    return frozenset(_STOPWORDS.read_text(encoding="utf-8").split())


def words_of(title: str) -> frozenset[str]:
    """The words of a title, each once.

    Letters of any script are kept, with their marks. Look-alikes (full-width or mathematical letters) become the
    letters themselves, by Unicode's normalisation form KC. Scripts that set no blanks give long words.
    """
    text = html.unescape(html.unescape(title))  # titles that were escaped twice are common
    # Signs go before their compatibility forms are taken, which for ™ would be letters; some forms hold signs anew.
    text = _ADDRESS.sub(" ", _TAG.sub(" ", text)).translate(_CHARACTERS)
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower()).translate(_CHARACTERS)
    found = (_ENDING.sub("", token.lstrip("'")) for token in text.split())
    return frozenset(word for word in found if _is_word(word))


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
        domain="meetup",
        deps=_DEPENDENCIES,
        defined_in=__file__,
        code_version=f"1-{hashlib.sha256(_STOPWORDS.read_bytes()).hexdigest()[:12]}",
        lineage=EVENT_WORDS_LINEAGE,
    )


def _is_word(word: str) -> bool:
    return len(word) > 1 and word[0].isalpha() and word not in stopwords()


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
