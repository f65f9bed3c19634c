"""Which hours of the social domain hold objects that were not made yet: for starts, commands and the sensor alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import cast

from assets.domain import KeyRange
from assets.social.arrivals import RAW, RECEIPTS, objects_from
from assets.social.partitions import first_hour, key_of
from assets.social.raw_assets import LAKE
from assets.social.watch import hours_of_keys, ranges_of
from resources.lake.model import Lake


def due_hours(resources: Mapping[str, object], everything: bool) -> list[KeyRange]:
    """The ranges of hours with objects that have no receipt; of all hours with objects where `everything` is asked."""
    lake = cast("Lake", resources[LAKE])
    arrived = [found.key for found in objects_from(lake, first_hour())]
    done = set() if everything else transformed_since(lake, first_hour())
    hours = hours_of_keys(key for key in arrived if key not in done)
    return _key_ranges(hours)


def hours_of_sources(sources: Sequence[str]) -> list[KeyRange]:
    """The ranges of hours in which some objects arrived."""
    return _key_ranges(hours_of_keys(sources))


def _key_ranges(hours: Collection[datetime]) -> list[KeyRange]:
    return [KeyRange(key_of(first), key_of(last)) for first, last in ranges_of(hours)]


def transformed_since(lake: Lake, start: datetime) -> set[str]:
    """The keys of the objects from the hour of `start` on that have a receipt."""
    return {
        RAW + found.key.removeprefix(RECEIPTS).removesuffix(".json")
        for found in objects_from(lake, start, prefix=RECEIPTS)
    }
