"""The language in which commands are told assets: Dagster's selection syntax, and shorter words for what one means.

`group:a and not key:"gold/*"`, `2+kind:view`, `sinks(*)` mean what Dagster says (its documentation,
"Asset selection syntax"). Beside that a table may be `layer.name`, also with `*` in it; a layer or a source may be
named alone; and `state:modified` are the assets whose code is another than somewhere else. No Dagster is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from tributary.asset_graph import Asset, AssetGraph
from tributary.resources.errors import UsageError, nearest

State = Callable[[], Iterable[str]]
"""Gives the keys of the assets that are in a state."""

_TOKEN = re.compile(r'\s*(?:"([^"\\\r\n]*)"|([()+=:])|(\d+)(?![\w./*-])|([\w*][\w./*-]*))')
_KIND = "dagster/kind/"
_STATE = "state:"
_ATTRIBUTES = ("group", "key", "kind", "owner", "state", "tag")
_FUNCTIONS = ("roots", "sinks")
_LAYERLESS = "; name a table as layer.name, a layer, a source, or use Dagster's selection syntax."


class SelectionError(UsageError):
    """The selection cannot be understood, or selects nothing, or does not fit the partitions asked for."""


def selected(
    graph: AssetGraph,
    selections: Sequence[str],
    exclude: Sequence[str] = (),
    states: Mapping[str, State] | None = None,
) -> list[Asset]:
    """The assets that any of some selections means (all, without one) and none of `exclude`, in the graph's order.

    None may be left where a state was asked for: that nothing is in it is an answer.

    Raises:
        SelectionError: one cannot be read, or none is left.
    """
    found: set[str] = set() if selections else set(graph.by_key)
    for text in selections:
        found |= _Reader(graph, text, states or {}).read()
    for text in exclude:
        found -= _Reader(graph, text, states or {}).read()
    if not found and not any(_STATE in text for text in selections):
        told = " ".join(repr(text) for text in selections) or "'*'"
        without = f" without {' '.join(map(repr, exclude))}" if exclude else ""
        raise SelectionError(f"The selection {told}{without} matches no asset; `tributary ls` lists them.")
    return [one for one in graph.assets if one.key in found]


class _Reader:
    """Reads one selection, and gives what it means, from left to right: NOT before AND before OR."""

    def __init__(self, graph: AssetGraph, text: str, states: Mapping[str, State]) -> None:
        self._graph, self._text, self._states = graph, text, states
        self._tokens = list(self._split())
        self._next = 0

    def read(self) -> set[str]:
        found = self._either()
        if self._next < len(self._tokens):
            raise self._refused(f"{self._tokens[self._next][1]} is not expected there")
        return found

    def _split(self) -> Iterable[tuple[str, str]]:
        """Pairs of what a token is (`text` in quotes, `sign`, `number`, `word`), and itself."""
        place, text = 0, self._text.rstrip()
        while place < len(text):
            token = _TOKEN.match(text, place)
            if token is None:
                raise self._refused(f"{text[place:].split()[0]} cannot be read")
            kind = ("text", "sign", "number", "word")[(token.lastindex or 1) - 1]
            yield kind, token[token.lastindex or 1]
            place = token.end()

    def _either(self) -> set[str]:
        found = self._both()
        while self._word("or", "OR"):
            found = found | self._both()
        return found

    def _both(self) -> set[str]:
        found = self._one()
        while self._word("and", "AND"):
            found = found & self._one()
        return found

    def _one(self) -> set[str]:
        if self._word("not", "NOT"):
            return set(self._graph.by_key) - self._one()
        number = self._take("number")
        up = self._sign("+")
        if number is not None and not up:
            raise self._refused(f"{number} is not expected there")
        found = self._term()
        down = self._sign("+")
        depth = self._take("number") if down else None
        above = self._around(found, number, down=False) if up else set()
        below = self._around(found, depth, down=True) if down else set()
        return above | below if up or down else found

    def _around(self, keys: set[str], depth: str | None, *, down: bool) -> set[str]:
        return self._graph.around(keys, down=down, depth=None if depth is None else int(depth)) & set(
            self._graph.by_key
        )

    def _term(self) -> set[str]:
        if self._sign("("):
            found = self._either()
            self._expect(")")
            return found
        word = self._take("word")
        if word is None:
            raise self._refused("something is missing at its end" if self._ended else f"{self._peek} is not expected")
        if word in _FUNCTIONS and self._sign("("):
            found = self._either()
            self._expect(")")
            return {key for key in found if not self._reached(key, found, down=word == "sinks")}
        return self._attribute(word) if self._sign(":") else self._named(word)

    def _reached(self, key: str, found: set[str], *, down: bool) -> bool:
        return not (self._graph.around([key], down=down) - {key}).isdisjoint(found)

    def _attribute(self, name: str) -> set[str]:
        if name not in _ATTRIBUTES:
            hint = nearest(name, _ATTRIBUTES, f"; there are {', '.join(_ATTRIBUTES)}.")
            raise self._refused(f"{name}: is no part of a selection{hint}", ends=True)
        value = self._value()
        if name == "state":
            if value not in self._states:
                hint = nearest(value, self._states, f"; there are {', '.join(self._states) or 'none here'}.")
                raise self._refused(f"state:{value} is not known{hint}", ends=True)
            return set(self._states[value]()) & set(self._graph.by_key)
        key, equal = _KIND + value if name == "kind" else value, ""
        if name == "tag" and self._sign("="):
            equal = self._value()
        return {one.key for one in self._graph.assets if _has(one, name, key, equal)}

    def _named(self, word: str) -> set[str]:
        """What a word alone means: all, tables by name, a layer, a source."""
        name = word.replace("/", ".")
        if "*" in name:
            return {key for key in self._graph.by_key if fnmatchcase(key, name)}
        if name in self._graph.by_key:
            return {name}
        found = {one.key for one in self._graph.assets if name in (one.layer, one.source)}
        if not found:
            known = [*self._graph.by_key, *{one.layer for one in self._graph.assets}]
            hint = nearest(name, [*known, *{one.source for one in self._graph.assets}], _LAYERLESS)
            raise SelectionError(f"The selection {self._text!r} matches no asset: {word} is none{hint}")
        return found

    def _value(self) -> str:
        for kind in ("text", "word", "number"):
            if (value := self._take(kind)) is not None:
                return value
        raise self._refused("a value is missing")

    def _word(self, *words: str) -> bool:
        return self._taken("word", words)

    def _sign(self, sign: str) -> bool:
        return self._taken("sign", (sign,))

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            raise self._refused(f"{sign} is missing")

    def _taken(self, kind: str, among: Sequence[str]) -> bool:
        is_next = not self._ended and self._tokens[self._next][0] == kind and self._peek in among
        self._next += is_next
        return is_next

    def _take(self, kind: str) -> str | None:
        if self._ended or self._tokens[self._next][0] != kind:
            return None
        self._next += 1
        return self._tokens[self._next - 1][1]

    @property
    def _ended(self) -> bool:
        return self._next >= len(self._tokens)

    @property
    def _peek(self) -> str:
        return self._tokens[self._next][1]

    def _refused(self, why: str, *, ends: bool = False) -> SelectionError:
        return SelectionError(f"The selection {self._text!r} cannot be read: {why}{'' if ends else '.'}")


def _has(asset: Asset, attribute: str, value: str, equal: str) -> bool:
    if attribute == "key":
        return fnmatchcase(asset.key.replace(".", "/"), value.replace(".", "/"))
    if attribute == "group":
        return fnmatchcase(asset.source, value)
    if attribute == "owner":
        return value in asset.owners
    return asset.tags.get(value) == equal
