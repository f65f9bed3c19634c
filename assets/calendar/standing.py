"""Whether the calendar would come out as it is: found without Dagster."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tributary.assets.calendar import dates
from tributary.assets.calendar.tables import DIM_DATE
from tributary.assets.factory.model import digest_of
from tributary.assets.factory.recipes import recipe_of_code
from tributary.resources.settings import Settings
from tributary.resources.warehouse.warehouse import Warehouse


@cache
def code_version() -> str:
    """That of the code by which the days are computed, which nothing else decides."""
    return digest_of(Path(dates.__file__).read_text(encoding="utf-8"))


def standing(_settings: Settings, warehouse: Warehouse) -> Iterator[tuple[str, str]]:
    """The table of the days, where it stands."""
    if warehouse.standing(DIM_DATE, recipe_of_code(DIM_DATE, code_version(), ())).report is not None:
        yield DIM_DATE.key, ""
