"""Searching the tables: by words in names, meanings and columns, by source, layer and tag."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tributary.catalogue import TableEntry

_NAME, _MEANING, _COLUMN = range(3)
"""Where a word was found; what is found in a name comes first."""


@dataclass(frozen=True)
class Wanted:
    """What is searched for; what is empty is not asked."""

    words: str = ""
    source: str = ""
    layer: str = ""
    tag: str = ""


@dataclass(frozen=True)
class Hit:
    """A table that was found, and its columns in which words were."""

    table: TableEntry
    columns: Sequence[str] = ()


@dataclass(frozen=True)
class _Texts:
    """A table's texts in small letters: its name, its meaning, and of each column its name with its meaning."""

    table: TableEntry
    name: str
    meaning: str
    columns: Sequence[tuple[str, str]]
    tags: frozenset[str]


class Search:
    """Searches some tables, whose texts are prepared once."""

    def __init__(self, tables: Iterable[TableEntry]) -> None:
        self._texts = [_texts(table) for table in tables]
        self.sources = sorted({one.table.source for one in self._texts})
        self.layers = list(dict.fromkeys(one.table.layer for one in self._texts))
        self.tags = sorted({tag for one in self._texts for tag in one.tags})

    def find(self, wanted: Wanted) -> list[Hit]:
        """The tables that have all the words, those first that have them in their names; else in their order."""
        words = wanted.words.lower().split()
        found = [
            hit
            for one in self._texts
            if wanted.source in ("", one.table.source)
            and wanted.layer in ("", one.table.layer)
            and (not wanted.tag or wanted.tag in one.tags)
            and (hit := _hit(one, words)) is not None
        ]
        return [hit for _, hit in sorted(found, key=lambda one: one[0])]


def tags_of(table: TableEntry) -> list[str]:
    """The tags of a table and of its columns, as they are searched."""
    own = (f"{name}={value}" if value else name for name, value in table.tags.items())
    return list(dict.fromkeys([*own, *(tag for column in table.columns for tag in column.tags)]))


def _texts(table: TableEntry) -> _Texts:
    return _Texts(
        table,
        table.key.lower(),
        f"{table.description}\n{table.grain}\n{table.source}".lower(),
        [(one.name, f"{one.name}\n{one.description}".lower()) for one in table.columns],
        frozenset(tags_of(table)),
    )


def _hit(one: _Texts, words: Sequence[str]) -> tuple[int, Hit] | None:
    """The table as it was found, and where; None where a word is nowhere."""
    worst, columns = _NAME, dict[str, None]()
    for word in words:
        if word in one.name:
            continue
        named = [name for name, text in one.columns if word in text]
        if word in one.meaning:
            worst = max(worst, _MEANING)
        elif named:
            worst = _COLUMN
        else:
            return None
        columns |= dict.fromkeys(named)
    if words and one.name.endswith(f".{' '.join(words)}"):
        worst = -1
    return worst, Hit(one.table, list(columns))
