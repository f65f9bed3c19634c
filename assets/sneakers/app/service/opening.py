"""The service whole: brands, pairs, and corrections of both, over one database and one idea of which day it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from tributary.assets.sneakers.app.database import Sessions
from tributary.assets.sneakers.app.service.brands import Brands
from tributary.assets.sneakers.app.service.corrections import Corrections
from tributary.assets.sneakers.app.service.pairs import Pairs
from tributary.assets.sneakers.app.service.several import Several
from tributary.assets.sneakers.app.service.writer import Writer

Today = Callable[[], date]


@dataclass(frozen=True)
class SneakerService:
    """What a collector can do; every call takes the token of the form that asks for it, and repeats nothing."""

    brands: Brands
    pairs: Pairs
    several: Several
    corrections: Corrections


def local_day() -> date:
    """Today, in the zone of this machine."""
    return datetime.now().astimezone().date()


def open_service(sessions: Sessions, today: Today = local_day, *, alone: bool = False) -> SneakerService:
    """The service that writes through `sessions`; `today` says which day it is for the collector.

    `alone` says that nobody else can write meanwhile, so that it need not be guarded against.
    """
    writer = Writer(sessions, today, alone)
    return SneakerService(Brands(writer), Pairs(writer), Several(writer), Corrections(writer))
