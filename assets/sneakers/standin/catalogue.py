"""What the sample's collector buys, in the order of buying: brands, and pairs with their price and fate.

`love` weighs a pair among the others when one is chosen in the morning; `fate` is what becomes of it in the end.
"""

from __future__ import annotations

from dataclasses import dataclass

BRANDS: tuple[tuple[str, str | None], ...] = (
    ("Nike", None),
    ("Adidas", None),
    ("New Balance", None),
    ("Asics", None),
    ("Vans", None),
    ("Salomon", None),
    ("Nike", "Off-White"),
    ("New Balance", "Aimé Leon Dore"),
    ("Asics", "Kith"),
)
MISSPELT_BRAND, MISSPELLING = 5, "Solomon"
"""The brand that is first recorded under another name."""


@dataclass(frozen=True)
class Model:
    """A pair that is bought: `brand` is an index of `BRANDS`; `sold_for` a part of the price, where it is sold."""

    brand: int
    name: str
    color: str
    material: str
    price: str
    love: float
    fate: str = "kept"
    sold_for: float = 0.0


MODELS = (
    Model(0, "Air Max 90", "infrared red", "mesh", "139.99", 1.4),
    Model(1, "Stan Smith", "white", "leather", "99.95", 1.6, "trashed"),
    Model(4, "Old Skool", "black", "canvas", "74.90", 1.2),
    Model(2, "574", "grey", "suede", "109.00", 1.3),
    Model(3, "Gel-Lyte III", "navy", "suede", "129.90", 0.9, "sold", 0.55),
    Model(0, "Dunk Low", "panda black and white", "leather", "119.99", 1.1, "sold", 1.25),
    Model(1, "Samba OG", "cream", "leather", "119.95", 1.7),
    Model(5, "XT-6", "olive", "mesh", "179.00", 1.3),
    Model(4, "Sk8-Hi", "red", "canvas", "89.90", 0.7, "given"),
    Model(6, "Presto", "black", "mesh", "189.00", 0.3, "sold", 3.1),
    Model(2, "990v5", "grey", "suede", "214.99", 1.5),
    Model(1, "Gazelle", "green", "suede", "109.95", 0.9),
    Model(5, "Speedcross 5", "blue", "gore-tex", "149.95", 1.2),
    Model(3, "Gel-Kayano 14", "silver", "mesh", "159.90", 1.1),
    Model(7, "550", "green", "leather", "149.00", 0.6, "sold", 1.9),
    Model(0, "Air Force 1", "white", "leather", "119.99", 1.3),
    Model(4, "Slip-On", "checkerboard black", "canvas", "64.90", 0.8, "given"),
    Model(1, "Ultraboost", "blue", "knit", "189.95", 0.8, "sold", 0.45),
    Model(2, "2002R", "beige", "suede", "159.99", 1.2),
    Model(8, "Gel-Lyte V", "pink", "suede", "199.00", 0.4),
    Model(0, "Blazer Mid", "orange", "suede", "104.99", 0.6, "sold", 0.6),
    Model(5, "ACS Pro", "black", "gore-tex", "209.00", 1.2),
    Model(1, "Campus 00s", "brown", "suede", "109.95", 0.9),
    Model(6, "Blazer Low", "orange", "leather", "129.00", 0.4),
    Model(2, "1906R", "silver", "mesh", "169.99", 1.2),
    Model(3, "Japan S", "white", "leather", "84.90", 1.0),
)
FIRST_PAIRS = 5
"""Pairs that are bought in the first weeks; the others follow over the two years."""
