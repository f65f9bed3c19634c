"""The source `weather`: where its readings lie in the lake, and the table that is made of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import Field as Setting
from pydantic import SecretStr

from tributary.sdk import Column, DailyObjects, Expression, Field, ObjectTable, Source, SourceSettings, Table, Unique

RAW = "raw.json_weather_readings"
DAYS = DailyObjects("weather/raw/readings/", date(2026, 1, 1))


class WeatherSettings(SourceSettings, env_prefix="TRIBUTARY_WEATHER_"):
    """Whom to ask."""

    url: str = Setting("http://127.0.0.1:8500", pattern="^https?://", description="Where the station answers.")
    token: SecretStr | None = Setting(None, description="Bearer token of the station.")


READINGS = ObjectTable(
    table=Table(
        schema="staged",
        name="weather_readings",
        description="Temperatures as the station measured them.",
        grain="one row a reading",
        columns=(
            Field("reading_id", "integer", "The reading.", path="id", required=True),
            Field("date", "date", "The day of the reading.", required=True),
            Field("temperature", "decimal(4,1)", "Temperature, in degrees Celsius.", path="main.temp", required=True),
            Column("source_object", "text", "Key of the lake object that held it."),
        ),
        checks=(Unique(("reading_id",)), Expression("temperature between -90 and 60", title="on_earth")),
    ),
    source="weather",
    upstream=RAW,
    objects=DAYS.by_day(),
    code_version="1",
    defined_in=__file__,
)

WEATHER = Source(
    name="weather",
    description="Temperatures of one station, day by day.",
    tables=(READINGS.table,),
    lineage={READINGS.table.key: READINGS.lineage},
    settings=WeatherSettings,
    models=Path(__file__).with_name("models"),
    pages=Path(__file__).with_name("pages"),
    needs=("calendar",),
    parts="acme_weather.parts:PARTS",
)
