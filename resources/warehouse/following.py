"""How the rows of some keys follow from rows of a table's inputs, so that a write can follow a change of these.

An engine keeps a feed: which values of which columns differ between the rows that a window had and those it was given.
The plan of a table says two things at once, since both are the same fact read in two directions: from a set of keys,
which rows of the inputs their rows are made of; and from changed rows of an input, which keys they may touch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Values = frozenset[tuple[str, ...]]
"""Values of some columns, as text, without nulls."""


@dataclass(frozen=True)
class Lookup:
    """The values of `gives` in the rows of `table` whose `by` are among the values of the set numbered `within`.

    `table` is `schema.name`.
    """

    table: str
    gives: tuple[str, ...]
    by: tuple[str, ...]
    within: int


@dataclass(frozen=True)
class Read:
    """An input of which only those rows matter whose `columns` are among the values of the set numbered `within`.

    Without columns all of its rows matter for every key.
    """

    table: str
    columns: tuple[str, ...]
    within: int


@dataclass(frozen=True)
class KeyPlan:
    """Which rows of the inputs the rows of given keys are made of, and of no others.

    `columns` are the key's. `sets` has for each set of values the lookups that together give it, each `within` a set
    before; the set 0 is the keys, and has none. A set may hold more than is needed, never less. `reads` has every place
    where an input is read; the `by` of each lookup are the columns of a read of its table within the same set, so that
    the feed tells of rows that a lookup no longer finds.
    """

    columns: tuple[str, ...]
    sets: tuple[tuple[Lookup, ...], ...]
    reads: tuple[Read, ...]

    @property
    def tables(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """By input, the combinations of columns whose changed values must be known; of some inputs, that of none."""
        found: dict[str, dict[tuple[str, ...], None]] = {}
        for read in self.reads:
            found.setdefault(read.table, {})[read.columns] = None
        return {table: tuple(columns) for table, columns in found.items()}

    def values(self, keys: Values, look_up: Callable[[Lookup, Values], Values]) -> list[Values]:
        """The values of each set, for some keys."""
        found: list[Values] = [keys]
        for lookups in self.sets[1:]:
            found.append(frozenset().union(*(look_up(lookup, found[lookup.within]) for lookup in lookups)))
        return found

    def touched(self, changed: Iterable[tuple[Read, Values]], look_up: Callable[[Lookup, Values], Values]) -> Values:
        """The keys whose rows may differ, after values have changed where inputs are read: no fewer than do."""
        values: list[Values] = [frozenset()] * len(self.sets)
        for read, found in changed:
            values[read.within] |= found
        for number in range(len(self.sets) - 1, 0, -1):
            for one in self.sets[number] if values[number] else ():
                back = Lookup(one.table, gives=one.by, by=one.gives, within=number)
                values[one.within] |= look_up(back, values[number])
        return values[0]


@dataclass(frozen=True)
class Follows:
    """What a table's rows and checks follow from: its recipe's digest, versions of tables, and the plan of its keys.

    Without a plan only what its checks look into is followed. `own` is the version of the table itself that was looked
    at.
    """

    recipe: str
    versions: Mapping[str, str]
    plan: KeyPlan | None
    own: str = ""


def place_of(number: int, column: int) -> str:
    """The text that stands in a planned SELECT (`column = 'text'`) for the values of a set's column, both from 0."""
    return f"tributary:values:{number}:{column}"


MOST_KEYS = 10_000
"""As many changed keys are worth following; where more have changed, the table is written whole."""

MOST_SHARE = 0.1
"""The share of a table's rows beyond which, likewise, so many changed keys are not worth following."""


def worth_following(keys: Sequence[object] | Values, rows: int) -> bool:
    """Whether so few keys have changed, in a table of so many rows, that a write of all would cost more."""
    return len(keys) <= min(MOST_KEYS, max(100, MOST_SHARE * rows))
