"""Runs the retail SELECTs, as their files have them, in schemas of a test's own.

What a model file is to the platform (assets, checks, lint) is `assets.factory`'s matter and not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import yaml

SQL = Path(__file__).resolve().parents[2] / "sql" / "retail"
PREFIX = "probe_"
SCHEMAS = ("staged", "core", "gold")
STAGED = {
    "retail_transactions": {
        "household_key": "integer",
        "basket_id": "bigint",
        "day": "integer",
        "product_id": "integer",
        "quantity": "integer",
        "sales_value": "decimal(12,2)",
        "store_id": "integer",
        "retail_disc": "decimal(12,2)",
        "trans_time": "integer",
        "week_no": "integer",
        "coupon_disc": "decimal(12,2)",
        "coupon_match_disc": "decimal(12,2)",
        "sold_at": "timestamp",
    },
    "retail_products": {
        "product_id": "integer",
        "manufacturer": "integer",
        "department": "text",
        "brand": "text",
        "commodity_desc": "text",
        "sub_commodity_desc": "text",
        "curr_size_of_product": "text",
    },
    "retail_households": {
        "age_desc": "text",
        "marital_status_code": "text",
        "income_desc": "text",
        "homeowner_desc": "text",
        "hh_comp_desc": "text",
        "household_size_desc": "text",
        "kid_category_desc": "text",
        "household_key": "integer",
    },
    "retail_campaigns": {
        "campaign_type": "text",
        "campaign": "integer",
        "start_day": "integer",
        "end_day": "integer",
        "start_date": "date",
        "end_date": "date",
    },
    "retail_campaign_households": {"campaign_type": "text", "household_key": "integer", "campaign": "integer"},
    "retail_coupons": {"coupon_upc": "bigint", "product_id": "integer", "campaign": "integer"},
    "retail_coupon_redemptions": {
        "household_key": "integer",
        "day": "integer",
        "coupon_upc": "bigint",
        "campaign": "integer",
        "redeemed_on": "date",
    },
    "retail_commodity_sections": {"commodity_desc": "text", "section": "text"},
}
"""The staged tables that the models read, without the promotions, which no table but fact_promotion may need."""

MODELS = (
    "core.dim_household",
    "core.product_section",
    "core.dim_product",
    "core.dim_campaign",
    "core.bridge_campaign_household",
    "core.bridge_coupon_product",
    "core.bridge_campaign_product",
    "core.fact_sale",
    "core.fact_basket",
    "core.fact_coupon_redemption",
    "gold.household_daily_spend",
    "gold.household_summary",
    "gold.section_monthly_sales",
    "gold.campaign_daily_sales",
    "gold.campaign_summary",
)
"""Tables in an order in which each finds those it reads."""


class Probe:
    """The retail tables, empty, in schemas named `probe_…`; nothing outside of them is touched."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._selects = {}
        for schema in SCHEMAS:
            self._run(f"CREATE SCHEMA {PREFIX}{schema}")
        for name, columns in STAGED.items():
            self._create(f"staged.{name}", columns)
        self._create("core.dim_date", {"date_key": "integer", "date": "date", "year": "integer", "month": "integer"})
        self._run(f"ALTER TABLE {PREFIX}core.dim_date ADD COLUMN day_of_month integer")
        # The calendar is no subject here, so Postgres makes it up.
        self._run(
            f"INSERT INTO {PREFIX}core.dim_date SELECT to_char(d, 'YYYYMMDD')::integer, d::date, extract(year FROM d), "
            "extract(month FROM d), extract(day FROM d) "
            "FROM generate_series(timestamp '2004-01-01', '2006-12-31', '1 day') AS d"
        )
        for model in MODELS:
            header, select = _parts(model)
            self._create(model, {name: column["type"] for name, column in header["columns"].items()})
            self._selects[model] = re.sub(rf"\b({'|'.join(SCHEMAS)})\.", rf"{PREFIX}\1.", select)

    def load(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put rows (of equal keys) into a staged table; columns that they leave out are null."""
        if rows:
            names = list(rows[0])
            places = ", ".join(["%s"] * len(names))
            with self._connection.cursor() as cursor:
                cursor.executemany(
                    f"INSERT INTO {PREFIX}staged.{table} ({', '.join(names)}) VALUES ({places})",
                    [[row[name] for name in names] for row in rows],
                )

    def build(self, *models: str) -> None:
        """Fill these tables, or all, from what is loaded; in the order of MODELS."""
        for model in MODELS:
            if not models or model in models:
                self._run(f"INSERT INTO {PREFIX}{model} {self._selects[model]}")

    def rows(self, table: str, order: str) -> list[dict[str, Any]]:
        """A table's rows by column name."""
        cursor = self._run(f"SELECT * FROM {PREFIX}{table} ORDER BY {order}")
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def clear(self) -> None:
        """Empty every table but the calendar."""
        # A few rows a table: deleting them is many times as fast as making new files by TRUNCATE.
        for table in (*(f"staged.{name}" for name in STAGED), *MODELS):
            self._run(f"DELETE FROM {PREFIX}{table}")

    def drop(self) -> None:
        """Remove the schemas with all that is in them."""
        self._run(f"DROP SCHEMA {', '.join(PREFIX + schema for schema in SCHEMAS)} CASCADE")

    def _create(self, table: str, columns: Mapping[str, str]) -> None:
        # "double" is the models' portable name of what Postgres calls double precision.
        types = {name: "double precision" if kind == "double" else kind for name, kind in columns.items()}
        listed = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
        self._run(f"CREATE UNLOGGED TABLE {PREFIX}{table} ({listed})")

    def _run(self, statement: str) -> psycopg.Cursor[tuple[Any, ...]]:
        # Binding is off without parameters, so that a percent sign in a model is only that.
        cursor = psycopg.Cursor(self._connection)
        cursor.execute(statement)
        return cursor


@contextmanager
def probe_tables(url: str) -> Iterator[Probe]:
    """A `Probe` in the database at `url`, gone afterwards."""
    with psycopg.connect(url, autocommit=True) as connection:
        probe = Probe(connection)
        try:
            yield probe
        finally:
            probe.drop()


def _parts(model: str) -> tuple[dict[str, Any], str]:
    text = (SQL / f"{model.replace('.', '/')}.sql").read_text(encoding="utf-8")
    match = re.match(r"/\*(.*?)\*/(.*)", text, re.DOTALL)
    assert match is not None, model
    return yaml.safe_load(match[1]), match[2]
