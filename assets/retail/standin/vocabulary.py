"""The words of the grocer: commodities, what their products come in, when they sell, and why people buy them.

Labels of commodities and departments are those of the Complete Journey files, so that whatever maps the real labels
maps the sample's too; the rest is the sample's own. `commodities.csv` has round figures: shelf (products at full size),
demand (relative sales), price (dollars). `world.yaml` says its own rules.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import msgspec

FUEL_KIND = "GASOLINE-REG UNLEADED"
FUEL_COMMODITIES = ("COUPON/MISC ITEMS", "FUEL")
NO_SIZE = " "
OCCASION = "occasion"
"""The mission of what sells only in its season."""


class _Aisle(msgspec.Struct, frozen=True):
    mission: str
    kinds: tuple[str, ...]
    sizes: tuple[str, ...]
    weighed: bool = False
    several: bool = False


class _Composition(msgspec.Struct, frozen=True):
    weight: float
    people: tuple[float, ...]
    marital: tuple[float, ...]


class _Households(msgspec.Struct, frozen=True):
    ages: dict[str, float]
    incomes: dict[str, float]
    people: tuple[str, ...]
    kids: tuple[str, ...]
    marital: tuple[str, ...]
    owners: tuple[str, ...]
    compositions: dict[str, _Composition]


class _World(msgspec.Struct, frozen=True):
    aisles: dict[str, _Aisle]
    missions: dict[str, tuple[str, ...]]
    companions: tuple[tuple[str, str], ...]
    seasons: dict[str, tuple[float, float, float]]
    households: _Households


WORLD = msgspec.yaml.decode(Path(__file__).with_name("world.yaml").read_bytes(), type=_World)


@dataclass(frozen=True)
class Commodity:
    """One commodity of the source's vocabulary, with what its products look like."""

    name: str
    department: str
    shelf: float
    demand: float
    price: float
    private_share: float
    kinds: tuple[str, ...]
    sizes: tuple[str, ...]
    mission: str
    """What people buy it for where no mission names it."""
    weighed: bool
    several: bool
    """Whether people often take more than one."""
    season: tuple[float, float, float] | None
    """Peak and half-width in days of the year, and what is left of the demand out of season."""


def commodities() -> tuple[Commodity, ...]:
    """All commodities, by name."""
    with Path(__file__).with_name("commodities.csv").open(newline="") as file:
        return tuple(_commodity(row) for row in csv.DictReader(file))


def missions_of(known: tuple[Commodity, ...]) -> dict[str, list[str]]:
    """Every mission with its commodities; each of `known` is in at least one of them."""
    plan: dict[str, list[str]] = {name: list(members) for name, members in WORLD.missions.items()}
    named = {member for members in plan.values() for member in members}
    for commodity in known:
        if commodity.name not in named:
            plan.setdefault(commodity.mission, []).append(commodity.name)
    return plan


def _commodity(row: dict[str, str]) -> Commodity:
    name, aisle = row["commodity"], WORLD.aisles[row["aisle"]]
    kinds = row["kinds"].split("|") if row["kinds"] else aisle.kinds
    return Commodity(
        name=name,
        department=row["department"],
        shelf=float(row["shelf"]),
        demand=float(row["demand"]),
        price=float(row["price"]),
        private_share=float(row["private_percent"]) / 100,
        kinds=tuple(f"{name.split(' - ')[0][:18]}: {kind}" for kind in kinds),
        sizes=aisle.sizes,
        mission=aisle.mission,
        weighed=aisle.weighed,
        several=aisle.several,
        season=WORLD.seasons.get(name),
    )
