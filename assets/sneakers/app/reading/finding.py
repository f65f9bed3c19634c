"""Which pairs a list shows, and in which order: by words, brand, colour, material, whether owned, and a column.

Everything is in the address of the list, so that it can be kept, shared and gone back to. What an address asks for that
there is not (a colour of no pair, an unknown order) finds nothing or changes nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from tributary.assets.sneakers.app.reading.pairs import Pair

ORDERS: Mapping[str, str] = {
    "": "Owned first, by brand",
    "name": "Name",
    "-bought": "Newest first",
    "bought": "Oldest first",
    "-price": "Highest price",
    "price": "Lowest price",
    "-uses": "Most used",
    "uses": "Least used",
    "-used": "Used last",
    "used": "Not used for longest",
    "cost": "Lowest cost per wear",
    "-cost": "Highest cost per wear",
}
"""The orders that are offered, and how pages call them; a minus turns a column round."""

OWNED: Mapping[str, str] = {"": "All", "yes": "Owned", "no": "Gone"}

# Amounts are compared within a currency only.
_COLUMNS: Mapping[str, Callable[[Pair], Any]] = {
    "name": lambda pair: pair.state.name.casefold(),
    "brand": lambda pair: pair.brand.casefold(),
    "bought": lambda pair: pair.state.purchased_on,
    "price": lambda pair: pair.state.purchase_price,
    "uses": lambda pair: pair.worn + pair.walked,
    "used": lambda pair: pair.last_used,
    "cost": lambda pair: pair.cost_per_wear,
}
_MONEY = ("price", "cost")


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for; the fields are those of its address, empty where anything will do."""

    q: str = ""
    brand: str = ""
    color: str = ""
    material: str = ""
    owned: str = ""
    sort: str = ""

    @staticmethod
    def of(values: Mapping[str, str]) -> Wanted:
        """What an address asks for."""
        return Wanted(**{one.name: values.get(one.name, "").strip()[:200] for one in fields(Wanted)})

    @property
    def address(self) -> dict[str, str]:
        """The parts of the address that say so."""
        return {name: value for name, value in self.__dict__.items() if value}

    @property
    def narrows(self) -> bool:
        """Whether some pairs are left out."""
        return bool(self.address.keys() - {"sort"})

    def turned(self, column: str, *, down: bool) -> dict[str, str]:
        """The address that orders by a column, highest first where `down`, and the other way where it does already."""
        first, second = (f"-{column}", column) if down else (column, f"-{column}")
        return {**self.address, "sort": second if self.sort == first else first}

    def direction(self, column: str) -> str | None:
        """How a table header says that the list is in the order of its column."""
        return {column: "ascending", f"-{column}": "descending"}.get(self.sort)


@dataclass(frozen=True)
class Choices:
    """What the pairs can be narrowed to."""

    brands: list[str]
    colors: list[str]
    materials: list[str]


def choices_of(pairs: Iterable[Pair]) -> Choices:
    """The brands, colours and materials of pairs; the latter two without regard to capitals."""
    pairs = list(pairs)
    return Choices(
        sorted({pair.brand for pair in pairs}, key=str.casefold),
        sorted({pair.state.color.casefold() for pair in pairs}),
        sorted({pair.state.material.casefold() for pair in pairs}),
    )


def found(pairs: Iterable[Pair], wanted: Wanted, *, notes: bool) -> list[Pair]:
    """The pairs that are wanted, in the wanted order; with `notes` words are looked for in those, too."""
    words = folded(wanted.q).split()
    kept = [
        pair
        for pair in pairs
        if wanted.brand in ("", pair.brand)
        and wanted.color in ("", pair.state.color.casefold())
        and wanted.material in ("", pair.state.material.casefold())
        and {"yes": pair.fate is None, "no": pair.fate is not None}.get(wanted.owned, True)
        and all(word in _text(pair, notes=notes) for word in words)
    ]
    column, down = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
    if column not in _COLUMNS:
        return kept
    value = _COLUMNS[column]
    ordered = sorted((pair for pair in kept if value(pair) is not None), key=value, reverse=down)
    if column in _MONEY:
        ordered.sort(key=lambda pair: pair.state.currency or "")
    return ordered + [pair for pair in kept if value(pair) is None]


def folded(text: str) -> str:
    """A text without regard to capitals and accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def _text(pair: Pair, *, notes: bool) -> str:
    state = pair.state
    told = (pair.brand, state.name, state.color, state.material, state.size, state.note if notes else None)
    return folded(" ".join(part for part in told if part))
