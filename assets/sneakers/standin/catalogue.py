"""What the sample's collector buys, in the order of buying: the brands and pairs of `collection.yaml`."""

from __future__ import annotations

from pathlib import Path

import msgspec

MISSPELT_BRAND, MISSPELLING = 5, "Solomon"
"""The brand that is first recorded under another name."""
FIRST_PAIRS = 5
"""Pairs that are bought in the first weeks; the others follow over the two years."""


class Model(msgspec.Struct, frozen=True):
    """A pair that is bought: `brand` is an index of the brands; `sold_for` a part of the price, where it is sold."""

    brand: int
    name: str
    color: str
    material: str
    price: str
    love: float
    fate: str = "kept"
    sold_for: float = 0.0


class _Collection(msgspec.Struct):
    brands: tuple[tuple[str, str | None], ...]
    models: tuple[Model, ...]


_COLLECTION = msgspec.yaml.decode(Path(__file__).with_name("collection.yaml").read_bytes(), type=_Collection)
BRANDS, MODELS = _COLLECTION.brands, _COLLECTION.models
