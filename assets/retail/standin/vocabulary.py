"""The words of the grocer: commodities, and the kinds and pack sizes that products of an aisle come in.

Only what a shelf label says belongs here. The commodity and department labels are those of the Complete Journey
files, so that whatever maps the real labels maps the sample's too; kinds and sizes are the sample's own. Numbers in
`commodities.csv` are round figures: shelf (products at full size), demand (relative sales), price (dollars).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

FUEL_KIND = "GASOLINE-REG UNLEADED"
FUEL_COMMODITIES = ("COUPON/MISC ITEMS", "FUEL")
NO_SIZE = " "

_OUNCES = ("6 OZ", "8 OZ", "10 OZ", "12 OZ", "16 OZ", "20 OZ", "24 OZ", "32 OZ")
_COUNTS = ("1 CT", "2 CT", "6 CT", "12 CT", "24 CT", "50 CT")
_POUNDS = ("1 LB", "2 LB", "3 LB", "5 LB")
_LIQUIDS = ("12 OZ", "20 OZ", "64 OZ", "1 LTR", "2 LTR", "12 PK")
_BOTTLES = ("375 ML", "750 ML", "1.5 LTR")

_AISLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "alcohol": (("CLASSIC", "RESERVE", "LIGHT"), _BOTTLES),
    "baby": (("NEWBORN", "INFANT", "TODDLER"), _COUNTS),
    "bakery": (("PLAIN", "ICED", "SEEDED", "MINI"), _OUNCES),
    "baking": (("EVERYDAY", "PREMIUM", "ORGANIC"), _OUNCES),
    "beauty": (("SENSITIVE", "SCENTED", "TRAVEL", "PROFESSIONAL"), (NO_SIZE,)),
    "breakfast": (("ORIGINAL", "HONEY", "FRUIT", "WHOLE GRAIN"), _OUNCES),
    "candy": (("ASSORTED", "SUGAR FREE"), _OUNCES),
    "cleaning": (("LEMON", "FRESH", "HEAVY DUTY", "REFILL"), _OUNCES),
    "coffee": (("ORIGINAL", "FLAVOURED", "DECAF"), _OUNCES),
    "dairy": (("ORIGINAL", "LIGHT", "ORGANIC"), ("1 GAL", "1/2 GAL", *_OUNCES)),
    "deli": (("CLASSIC", "SMOKED", "SPICED"), (NO_SIZE,)),
    "drinks": (("ORIGINAL", "DIET", "FRUIT", "SPORT"), _LIQUIDS),
    "floral": (("SMALL", "LARGE", "GIFT"), (NO_SIZE,)),
    "frozen": (("ORIGINAL", "FAMILY", "LIGHT", "ORGANIC"), _OUNCES),
    "fuel": (("PUMP SALE",), (NO_SIZE,)),
    "garden": (("STARTER", "SEASON PACK", "REFILL"), (NO_SIZE,)),
    "health": (("TABLETS", "LIQUID", "CREAM", "CHILDRENS"), _COUNTS),
    "home": (("BASIC", "PREMIUM", "MULTIPACK"), (NO_SIZE,)),
    "kitchen": (("BASIC", "NON STICK", "SET"), (NO_SIZE,)),
    "meals": (("SINGLE", "SHARING", "FAMILY"), (NO_SIZE,)),
    "meat": (("FRESH", "SEASONED", "VALUE PACK"), _POUNDS),
    "media": (("EVERYDAY", "SPECIAL", "KIDS"), (NO_SIZE,)),
    "misc": (("GENERAL",), (NO_SIZE,)),
    "natural": (("ORGANIC", "GLUTEN FREE", "VEGAN"), _OUNCES),
    "pantry": (("ORIGINAL", "LOW SODIUM", "ORGANIC", "FAMILY"), _OUNCES),
    "paper": (("ONE PLY", "TWO PLY", "JUMBO"), _COUNTS),
    "pet": (("SMALL BREED", "ADULT", "SENIOR"), _POUNDS),
    "produce": (("LOOSE", "BAGGED", "ORGANIC"), (NO_SIZE,)),
    "seafood": (("FILLET", "SHELLFISH", "BREADED"), _POUNDS),
    "seasonal": (("DECORATION", "GIFT", "PARTY"), (NO_SIZE,)),
    "snacks": (("ORIGINAL", "CHEESE", "BAKED", "PARTY SIZE"), _OUNCES),
    "tobacco": (("REGULAR", "MENTHOL"), (NO_SIZE,)),
}


@dataclass(frozen=True)
class Commodity:
    """One commodity of the source's vocabulary, with what its products look like."""

    name: str
    department: str
    aisle: str
    shelf: float
    demand: float
    price: float
    private_share: float
    kinds: tuple[str, ...]
    sizes: tuple[str, ...]


def commodities() -> tuple[Commodity, ...]:
    """All commodities, by name."""
    with Path(__file__).with_name("commodities.csv").open(newline="") as file:
        return tuple(_commodity(row) for row in csv.DictReader(file))


def _commodity(row: dict[str, str]) -> Commodity:
    kinds, sizes = _AISLES[row["aisle"]]
    own = tuple(row["kinds"].split("|")) if row["kinds"] else kinds
    return Commodity(
        name=row["commodity"],
        department=row["department"],
        aisle=row["aisle"],
        shelf=float(row["shelf"]),
        demand=float(row["demand"]),
        price=float(row["price"]),
        private_share=float(row["private_percent"]) / 100,
        kinds=tuple(f"{row['commodity'].split(' - ')[0][:18]}: {kind}" for kind in own),
        sizes=sizes,
    )
