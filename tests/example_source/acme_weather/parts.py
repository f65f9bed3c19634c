"""The Dagster side of the source `weather`: its raw asset, which asks the station, and the sensor that sets it off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import cast

import dagster as dg
import httpx

from acme_weather.source import DAYS, RAW, READINGS, WeatherSettings
from tributary.sdk import (
    LAKE,
    KeyRange,
    Lake,
    Partitions,
    Parts,
    TributaryError,
    asset_key,
    assets_of,
    being_made,
    daily_asset,
    days_of_objects,
    own_settings,
)


class StationError(TributaryError):
    """The station did not answer as it should."""


def ask(path: str) -> bytes:
    """What the station says."""
    own = own_settings(WeatherSettings)
    if own.token is None:
        raise StationError("The station asks for a token; set TRIBUTARY_WEATHER_TOKEN.")
    try:
        answer = httpx.get(own.url + path, headers={"Authorization": f"Bearer {own.token.get_secret_value()}"})
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise StationError(f"The station at {own.url} did not answer ({type(error).__name__}); try again.") from None
    return answer.content


def missing_days(lake: Lake, everything: bool = False) -> list[date]:
    """The days that the station has and the lake has not, or all that it has."""
    held = set() if everything else {day for day, _ in DAYS.between(lake)}
    return sorted(set(map(date.fromisoformat, ask("/days").decode().split())) - held)


def due(resources: Mapping[str, object], everything: bool) -> list[KeyRange]:
    """The days that are to be pulled."""
    return [KeyRange(str(day), str(day)) for day in missing_days(cast("Lake", resources[LAKE]), everything)]


@dg.sensor(
    name="weather_days",
    asset_selection=dg.AssetSelection.groups("weather"),
    default_status=dg.DefaultSensorStatus.RUNNING,
    required_resource_keys={LAKE},
    description="Notices days that the station has and the lake has not.",
)
def weather_days(context: dg.SensorEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
    """A run for each new day."""
    if asset_key(RAW) in being_made(context.instance):
        return dg.SkipReason("Readings are being pulled by a run already.")
    days = missing_days(cast("Lake", getattr(context.resources, LAKE)))
    tags = [Partitions(str(day)).tags() for day in days]
    return [dg.RunRequest(asset_selection=assets_of(context, "weather"), tags=one) for one in tags]


PULL = daily_asset(
    RAW,
    DAYS,
    lambda day: ask(f"/days/{day}"),
    source="weather",
    description="The station's readings, JSON lines, one object a day.",
    defined_in=__file__,
)
PARTS = Parts(
    assets=(PULL, READINGS.asset()), sensors=(weather_days,), due=due, ranges_of_sources=days_of_objects(DAYS)
)
