"""The rows of the date dimension against facts of the calendar that were not computed by it."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date, timedelta
from functools import cache
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tributary.assets.calendar.dates import FIRST_DATE, LAST_DATE, date_rows


@cache
def rows() -> dict[date, dict[str, Any]]:
    return {row["date"]: row for row in date_rows().to_pylist()}


def test_the_columns_have_the_types_of_the_dimension() -> None:
    integers = ["year", "quarter", "month", "day_of_month", "day_of_year", "iso_year", "iso_week", "iso_weekday"]
    expected = {
        "date_key": pa.int32(),
        "date": pa.date32(),
        **dict.fromkeys(integers, pa.int32()),
        **dict.fromkeys(["month_name", "day_name", "season"], pa.string()),
        **dict.fromkeys(["is_weekend", "is_holiday"], pa.bool_()),
        "holiday_name": pa.string(),
    }
    table = date_rows()
    assert {field.name: field.type for field in table.schema} == expected
    assert table.column_names == list(expected)
    assert [field.name for field in table.schema if field.nullable] == ["holiday_name"]
    assert [name for name in table.column_names if table[name].null_count] == ["holiday_name"]
    table.validate(full=True)


def test_there_is_one_row_a_day_in_order() -> None:
    table = date_rows()
    dates = table["date"].to_pylist()
    assert (dates[0], dates[-1]) == (date(2004, 1, 1), date(2035, 12, 31))
    assert table.num_rows == 32 * 365 + 8 == len(set(dates))  # eight leap years
    assert dates == sorted(dates)


@given(st.dates(FIRST_DATE, LAST_DATE))
def test_every_part_agrees_with_the_standard_library(day: date) -> None:
    row = rows()[day]
    assert (row["iso_year"], row["iso_week"], row["iso_weekday"]) == tuple(day.isocalendar())
    assert (row["year"], row["month"], row["day_of_month"]) == (day.year, day.month, day.day)
    assert row["day_of_year"] == day.timetuple().tm_yday
    assert row["date_key"] == int(f"{day:%Y%m%d}")
    assert row["quarter"] == {1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 2, 7: 3, 8: 3, 9: 3, 10: 4, 11: 4, 12: 4}[day.month]
    assert row["is_weekend"] == (day.weekday() in (5, 6))
    assert row["is_holiday"] == (row["holiday_name"] is not None)


@pytest.mark.parametrize(
    ("day", "iso"),
    [
        (date(2004, 12, 31), (2004, 53, 5)),
        (date(2005, 1, 1), (2004, 53, 6)),
        (date(2005, 1, 3), (2005, 1, 1)),
        (date(2008, 12, 29), (2009, 1, 1)),
        (date(2010, 1, 3), (2009, 53, 7)),
        (date(2016, 2, 29), (2016, 9, 1)),
        (date(2020, 12, 31), (2020, 53, 4)),
        (date(2024, 12, 30), (2025, 1, 1)),
    ],
)
def test_weeks_at_the_turn_of_the_year_are_those_of_iso_8601(day: date, iso: tuple[int, int, int]) -> None:
    row = rows()[day]
    assert (row["iso_year"], row["iso_week"], row["iso_weekday"]) == iso


@pytest.mark.parametrize(
    ("day", "month_name", "day_name", "season"),
    [
        (date(2024, 2, 29), "February", "Thursday", "winter"),
        (date(2024, 3, 1), "March", "Friday", "spring"),
        (date(2023, 5, 31), "May", "Wednesday", "spring"),
        (date(2023, 6, 1), "June", "Thursday", "summer"),
        (date(2021, 8, 31), "August", "Tuesday", "summer"),
        (date(2021, 9, 5), "September", "Sunday", "autumn"),
        (date(2019, 11, 30), "November", "Saturday", "autumn"),
        (date(2019, 12, 2), "December", "Monday", "winter"),
    ],
)
def test_names_are_english_and_seasons_meteorological(day: date, month_name: str, day_name: str, season: str) -> None:
    row = rows()[day]
    assert (row["month_name"], row["day_name"], row["season"]) == (month_name, day_name, season)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2024, 1, 1), "New Year's Day"),
        (date(2024, 1, 15), "Martin Luther King Jr. Day"),
        (date(2023, 2, 20), "Washington's Birthday"),
        (date(2020, 5, 25), "Memorial Day"),
        (date(2021, 6, 19), "Juneteenth National Independence Day"),
        (date(2021, 6, 18), "Juneteenth National Independence Day (observed)"),
        (date(2020, 7, 4), "Independence Day"),
        (date(2020, 7, 3), "Independence Day (observed)"),
        (date(2021, 7, 5), "Independence Day (observed)"),
        (date(2022, 9, 5), "Labor Day"),
        (date(2022, 10, 10), "Columbus Day"),
        (date(2017, 11, 11), "Veterans Day"),
        (date(2023, 11, 10), "Veterans Day (observed)"),
        (date(2018, 11, 22), "Thanksgiving Day"),
        (date(2022, 12, 26), "Christmas Day (observed)"),
        (date(2021, 12, 31), "New Year's Day (observed)"),
        (date(2010, 12, 31), "New Year's Day (observed)"),
    ],
)
def test_federal_holidays_and_the_days_they_are_observed_on_are_named(day: date, name: str) -> None:
    assert rows()[day]["holiday_name"] == name
    assert rows()[day]["is_holiday"] is True


def test_juneteenth_is_a_holiday_from_2021_on() -> None:
    assert [year for year in range(2004, 2036) if rows()[date(year, 6, 19)]["is_holiday"]] == list(range(2021, 2036))


def test_no_other_days_are_holidays() -> None:
    for day in (date(2024, 12, 24), date(2024, 2, 14), date(2024, 3, 31), date(2022, 6, 18), date(2022, 1, 3)):
        assert rows()[day]["holiday_name"] is None
    proper = [row for row in rows().values() if row["holiday_name"] and not row["holiday_name"].endswith("(observed)")]
    assert len(proper) == 32 * 10 + 15  # ten holidays a year, and Juneteenth in fifteen


def test_a_holiday_at_the_weekend_is_observed_on_the_nearest_weekday_and_no_other_is() -> None:
    for day, row in rows().items():
        if row["is_holiday"] and row["is_weekend"]:
            neighbour = day + timedelta(days=-1 if day.weekday() == 5 else 1)
            if neighbour >= FIRST_DATE:
                assert rows()[neighbour]["holiday_name"] == f"{row['holiday_name']} (observed)"
    observed = [row for row in rows().values() if (row["holiday_name"] or "").endswith("(observed)")]
    assert observed
    assert not any(row["is_weekend"] for row in observed)


def test_the_table_is_quick_to_make() -> None:
    date_rows()
    times = []
    for _ in range(3):
        start = time.process_time()
        date_rows()
        times.append(time.process_time() - start)
    assert min(times) < 0.15


def test_importing_the_module_loads_nothing_heavy() -> None:
    code = "import sys, tributary.assets.calendar.dates; assert not {'numpy', 'pyarrow', 'holidays'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_days_are_made_without_pandas() -> None:
    """It would take more memory than all else of a run, and time that every run would wait for."""
    program = (
        "import sys; from tributary.assets.calendar.dates import date_rows; date_rows(); print('pandas' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )
