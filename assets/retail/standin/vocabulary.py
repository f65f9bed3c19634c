"""The words of the grocer: commodities, what their products come in, when they sell, and why people buy them.

Labels of commodities and departments are those of the Complete Journey files, so that whatever maps the real labels
maps the sample's too; the rest is the sample's own. `commodities.csv` has round figures: shelf (products at full size),
demand (relative sales), price (dollars). `world.yaml` says its own rules.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FUEL_KIND = "GASOLINE-REG UNLEADED"
FUEL_COMMODITIES = ("COUPON/MISC ITEMS", "FUEL")
NO_SIZE = " "
OCCASION = "occasion"
"""The mission of what sells only in its season."""


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


def companions() -> list[tuple[str, str]]:
    """Commodities whose products are bought in pairs."""
    return [(left, right) for left, right in _world()["companions"]]


def missions_of(known: tuple[Commodity, ...]) -> dict[str, list[str]]:
    """Every mission with its commodities; each of `known` is in at least one of them."""
    plan: dict[str, list[str]] = {name: list(members) for name, members in _world()["missions"].items()}
    named = {member for members in plan.values() for member in members}
    for commodity in known:
        if commodity.name not in named:
            plan.setdefault(commodity.mission, []).append(commodity.name)
    return plan


@cache
def _world() -> dict[str, Any]:
    world: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("world.yaml").read_text(encoding="utf-8"))
    return world


def _commodity(row: dict[str, str]) -> Commodity:
    name, aisle = row["commodity"], _world()["aisles"][row["aisle"]]
    kinds = row["kinds"].split("|") if row["kinds"] else aisle["kinds"]
    return Commodity(
        name=name,
        department=row["department"],
        shelf=float(row["shelf"]),
        demand=float(row["demand"]),
        price=float(row["price"]),
        private_share=float(row["private_percent"]) / 100,
        kinds=tuple(f"{name.split(' - ')[0][:18]}: {kind}" for kind in kinds),
        sizes=tuple(aisle["sizes"]),
        mission=aisle["mission"],
        weighed=aisle.get("weighed", False),
        several=aisle.get("several", False),
        season=_world()["seasons"].get(name),
    )
