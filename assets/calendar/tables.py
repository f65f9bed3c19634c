"""The table of the source `calendar`, which every other source shares."""

from __future__ import annotations

from tributary.resources.warehouse.checks import Expression, NotNull, Unique
from tributary.resources.warehouse.table import Column, Table

DIM_DATE = Table(
    schema="core",
    name="dim_date",
    description="The calendar from 2004 to 2035, shared by every source: ISO weeks, seasons and US federal holidays.",
    grain="one row a day",
    columns=(
        Column("date_key", "integer", "The day as yyyymmdd."),
        Column("date", "date", "The day."),
        Column("year", "integer", "Calendar year."),
        Column("quarter", "integer", "Calendar quarter, 1 to 4."),
        Column("month", "integer", "Month, 1 to 12."),
        Column("day_of_month", "integer", "Day of the month, 1 to 31."),
        Column("day_of_year", "integer", "Day of the year, 1 to 366."),
        Column("iso_year", "integer", "Year that the ISO 8601 week belongs to."),
        Column("iso_week", "integer", "ISO 8601 week, 1 to 53."),
        Column("iso_weekday", "integer", "ISO 8601 weekday: 1 is Monday, 7 is Sunday."),
        Column("month_name", "text", "English name of the month."),
        Column("day_name", "text", "English name of the weekday."),
        Column("season", "text", "Meteorological season of the northern hemisphere."),
        Column("is_weekend", "boolean", "Whether the day is a Saturday or a Sunday."),
        Column("is_holiday", "boolean", "Whether the day is, or is observed as, a US federal holiday."),
        Column("holiday_name", "text", "Name of the holiday; null on other days."),
    ),
    checks=(
        Unique(("date_key",)),
        Unique(("date",)),
        NotNull(("date_key", "date", "year", "iso_week", "season", "is_weekend", "is_holiday")),
        Expression("date_key = year * 10000 + month * 100 + day_of_month", title="date_key_is_the_date"),
        Expression("is_holiday = (holiday_name is not null)", title="holidays_have_names"),
    ),
)
