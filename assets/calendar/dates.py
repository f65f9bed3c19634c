"""The rows of `core.dim_date`: one a day, computed and never read from anywhere.

Only the computation is here; the asset that writes the table is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

FIRST_DATE = date(2004, 1, 1)
LAST_DATE = date(2035, 12, 31)

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SEASONS = ("winter", "spring", "summer", "autumn")


def date_rows() -> pa.Table:
    """Every day from `FIRST_DATE` to `LAST_DATE`, in order: 11,688 rows; only `holiday_name` can be null.

    `date_key` is yyyymmdd as a number. ISO years, weeks (1 to 53) and weekdays (1 is Monday) follow ISO 8601: a week
    belongs to the year of its Thursday, so `iso_year` can differ from `year` around New Year. Seasons are
    meteorological and of the northern half of the globe: winter is December to February. A weekend is Saturday and
    Sunday.

    Holidays are the federal ones of the United States. One that falls on a Saturday is also kept on the Friday before,
    one on a Sunday on the Monday after (5 U.S.C. 6103(b) and Executive Order 11582): then both days have `is_holiday`,
    and the name of the second ends in "(observed)". So count days off by `is_holiday` without weekends, and holidays by
    names without that ending.
    """
    import numpy as np
    import pyarrow as pa

    dates = np.arange(np.datetime64(FIRST_DATE), np.datetime64(LAST_DATE) + 1)
    year, month, day, day_of_year = _civil(dates)
    # Day 0 of the epoch was a Thursday.
    iso_weekday = (dates.astype(np.int64) + 3) % 7 + 1
    thursday = dates + (4 - iso_weekday)
    iso_year, _, _, thursday_of_year = _civil(thursday)
    names = _holiday_names()
    holiday_names = [names.get(day_) for day_ in dates.tolist()]

    # `pa.array` would load pandas, which takes more time and memory than all of this.
    def fixed(type_: pa.DataType, values: Any) -> pa.Array:
        return pa.Array.from_buffers(type_, len(values), [None, pa.py_buffer(values)])

    def numbers(values: Any) -> pa.Array:
        return fixed(pa.int32(), values.astype(np.int32))

    def flags(values: Any) -> pa.Array:
        return pa.Array.from_buffers(pa.bool_(), len(values), [None, _bits(values)])

    def texts(values: Sequence[str | None]) -> pa.Array:
        data = [(value or "").encode() for value in values]
        offsets = np.cumsum([0, *map(len, data)], dtype=np.int32)
        is_there = _bits(np.array([value is not None for value in values]))
        buffers = [is_there, pa.py_buffer(offsets), pa.py_buffer(b"".join(data))]
        return pa.Array.from_buffers(pa.string(), len(values), buffers)

    def chosen(choices: tuple[str, ...], index: Any) -> pa.Array:
        return texts([choices[one] for one in index.tolist()])

    columns = {
        "date_key": numbers(year * 10_000 + month * 100 + day),
        "date": fixed(pa.date32(), dates.astype(np.int32)),
        "year": numbers(year),
        "quarter": numbers((month + 2) // 3),
        "month": numbers(month),
        "day_of_month": numbers(day),
        "day_of_year": numbers(day_of_year),
        "iso_year": numbers(iso_year),
        "iso_week": numbers((thursday_of_year + 6) // 7),
        "iso_weekday": numbers(iso_weekday),
        "month_name": chosen(MONTHS, month - 1),
        "day_name": chosen(DAYS, iso_weekday - 1),
        "season": chosen(SEASONS, month % 12 // 3),
        "is_weekend": flags(iso_weekday >= 6),
        "is_holiday": flags(np.array([name is not None for name in holiday_names])),
        "holiday_name": texts(holiday_names),
    }
    fields = [pa.field(name, column.type, nullable=name == "holiday_name") for name, column in columns.items()]
    return pa.table(list(columns.values()), schema=pa.schema(fields))


def _civil(dates: Any) -> tuple[Any, Any, Any, Any]:
    """Year, month, day of the month and day of the year (from 1) of an array of days."""
    years, months = dates.astype("datetime64[Y]"), dates.astype("datetime64[M]")
    return (
        years.astype("int64") + 1970,
        months.astype("int64") % 12 + 1,
        (dates - months).astype("int64") + 1,
        (dates - years).astype("int64") + 1,
    )


def _bits(values: Any) -> pa.Buffer:
    import numpy as np
    import pyarrow as pa

    return pa.py_buffer(np.packbits(values, bitorder="little"))


def _holiday_names() -> dict[date, str]:
    from holidays import country_holidays

    # A year more, because New Year's Day can be observed in the year before.
    years = range(FIRST_DATE.year, LAST_DATE.year + 2)
    return dict(country_holidays("US", years=years, observed=True, language="en_US"))
