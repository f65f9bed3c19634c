"""Array types and the draws that every part of the generator uses; nothing here knows about groceries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class GroupedChoice:
    """Weighted draws from one of many groups of entries, for millions of draws at a time.

    The entries lie sorted by group. The cumulative weights of group g run from g to g + 1, so that one binary search
    over all groups finds an entry of the group asked for (inverse transform sampling).
    """

    cumulative: Floats
    first: Ints
    last: Ints

    @classmethod
    def of(cls, groups: Ints, weights: Floats, count: int) -> GroupedChoice:
        """Build from entries sorted by `groups` (values 0..count-1) with positive `weights` of the same shape."""
        sizes = np.bincount(groups, minlength=count)
        last = np.cumsum(sizes)
        first = last - sizes
        running = np.cumsum(weights)
        before = np.concatenate(([0.0], running))
        total = before[last] - before[first]
        fraction = (running - before[first][groups]) / total[groups]
        return cls(groups + fraction, first, last - 1)

    @classmethod
    def of_rows(cls, weights: Floats) -> GroupedChoice:
        """Build from a matrix: every row is a group; a drawn entry is `row * columns + column`."""
        rows, columns = weights.shape
        return cls.of(np.repeat(np.arange(rows), columns), weights.ravel(), rows)

    def draw(self, groups: Ints, uniform: Floats) -> Ints:
        """The entries drawn for `groups`, by `uniform` numbers in [0, 1) of the same shape."""
        found = np.searchsorted(self.cumulative, groups + uniform, side="right")
        return np.clip(found, self.first[groups], self.last[groups]).astype(np.int64)


def shares(total: int, weights: Floats, least: int) -> Ints:
    """Split `total` into whole numbers in proportion to `weights`, each at least `least`; their sum is `total`."""
    spare = total - least * len(weights)
    exact = weights / weights.sum() * spare
    whole: Ints = np.floor(exact).astype(np.int64)
    by_remainder = np.argsort(-(exact - whole), kind="stable")
    whole[by_remainder[: spare - int(whole.sum())]] += 1
    return whole + least


def weighted(weights: Sequence[float] | Floats, count: int, rng: np.random.Generator) -> Ints:
    """`count` weighted draws of an index into `weights`."""
    odds = np.cumsum(weights)
    drawn: Ints = np.searchsorted(odds, rng.random(count) * odds[-1], side="right").astype(np.int64)
    return drawn


def one_of(lengths: Sequence[int], groups: Ints, rng: np.random.Generator) -> Ints:
    """For each of `groups` a place in its list, drawn evenly; lists of these `lengths` lie end to end."""
    sizes = np.array(lengths)
    starts: Ints = np.cumsum(sizes) - sizes
    places: Ints = starts[groups] + (rng.random(len(groups)) * sizes[groups]).astype(np.int64)
    return places


def hashed_uniform(*keys: Ints) -> Floats:
    """A number in [0, 1) that depends on the keys alone (a multiplicative hash): the same for the same keys."""
    mixed = np.zeros(keys[0].shape, dtype=np.uint64)
    for key in keys:
        mixed = (mixed ^ key.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)
