"""A small shop: sales that Python gives, a view, a model by months, and totals; and its production."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg

from tributary.asset_graph import AssetGraph, graph_of
from tributary.assets.automation.partitions import UNPARTITIONED, Partitions
from tributary.assets.factory.table_assets import Made, table_asset
from tributary.assets.parts import Parts
from tributary.assets.source import Source
from tributary.assets.sources import Sources
from tributary.environments.building import Plan, build, plan
from tributary.environments.promoting import publish
from tributary.environments.state import State, definitions_of, open_state
from tributary.execution import Run
from tributary.freshness import out_of_date
from tributary.instance.opening import open_instance
from tributary.platform import load_platform
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import Settings
from tributary.resources.warehouse.arrow import batches
from tributary.resources.warehouse.base import Batches, Origin
from tributary.resources.warehouse.checks import NotNull, Unique
from tributary.resources.warehouse.opening import open_warehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse

SALES = Table(
    "staged",
    "sales",
    (
        Column("id", "integer", "Number."),
        Column("shop", "text", "Shop."),
        Column("sold_on", "date", "Day."),
        Column("amount", "integer", "Amount."),
    ),
    checks=(NotNull(("id",)), Unique(("id",))),
)
ROWS: list[dict[str, Any]] = []


def _make(_: Warehouse, __: Origin) -> Made:
    return Made(Batches(batches(SALES, iter(ROWS))))


def parts_of(code: str) -> Parts:
    """The table that Python makes, by code of a version."""
    made = table_asset(SALES, _make, source="shop", deps=(), defined_in=__file__, code_version=code)
    return Parts(assets=(made,))


PARTS = parts_of("1")
HEAD = """/*
description: {words}
grain: {grain}
{more}columns:
{columns}
*/
"""
MODELS = {
    "core/real_sale": (
        "Sales worth counting.",
        "one row a sale",
        "kind: view\n",
        {"id": "integer", "shop": "text", "amount": "integer"},
        "select s.id, s.shop, s.amount from staged.sales as s where s.amount > 0",
    ),
    "core/sale_month": (
        "Sales by month.",
        "one row a sale",
        "window: {column: sold_on, every: month, start: 2024-01-01}\nchecks:\n  - unique: [id]\n",
        {"id": "integer", "sold_on": "date", "amount": "integer"},
        "select s.id, s.sold_on, s.amount from staged.sales as s",
    ),
    "gold/shop_total": (
        "Sums a shop.",
        "one row a shop",
        "checks:\n  - not_null: [shop]\n  - unique: [shop]\n",
        {"shop": "text", "total": "bigint"},
        "select v.shop, cast(sum(v.amount) as bigint) as total from core.real_sale as v group by v.shop",
    ),
    "gold/month_count": (
        "Sales counted.",
        "one row",
        "",
        {"n": "bigint"},
        "select count(*) as n from core.sale_month as m",
    ),
    "gold/best_shop": (
        "Shops with much.",
        "one row a shop",
        "",
        {"shop": "text"},
        "select t.shop from gold.shop_total as t where t.total > 10",
    ),
}


def sales(*given: tuple[int, str, str, int]) -> list[dict[str, Any]]:
    return [
        {"id": number, "shop": shop, "sold_on": date.fromisoformat(day), "amount": amount}
        for number, shop, day, amount in given
    ]


SOME = sales(
    (1, "a", "2024-01-05", 5), (2, "a", "2024-02-05", 7), (3, "b", "2024-02-06", -3), (4, "b", "2024-03-01", 9)
)


@dataclass
class Shop:
    """A production of the shop, and environments beside it."""

    folder: Path
    databases: Databases
    settings: Settings
    shown: list[str] = field(default_factory=list)

    def write(self, name: str, more: str = "", **columns: str) -> None:
        """Write a model; `more` is put behind its SELECT, as another condition, and `columns` are added."""
        words, grain, header, known, select = MODELS[name]
        added = "".join(f", {text.partition(' ')[2]} as {column}" for column, text in columns.items())
        kinds = known | {column: text.partition(" ")[0] for column, text in columns.items()}
        described = "\n".join(f'  {column}: {{type: {kind}, description: "Of it."}}' for column, kind in kinds.items())
        head = HEAD.format(words=words, grain=grain, more=header, columns=described)
        before, _, rest = select.partition(" from ")
        path = self.folder / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{head}{before}{added} from {rest}{more}\n")

    @property
    def sources(self) -> Sources:
        return Sources((Source("shop", tables=(SALES,), models=self.folder, parts=f"{__name__}:PARTS"),), {})

    @property
    def graph(self) -> AssetGraph:
        """The assets by the code as it is now."""
        platform = load_platform(self.sources)
        defs = definitions_of(platform, platform.resources(self.settings))
        return graph_of(defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph)

    @property
    def warehouse(self) -> Warehouse:
        """Production's."""
        return open_warehouse(self.settings)

    def make(self, *keys: str, partitions: Partitions = UNPARTITIONED) -> None:
        """Make assets in production."""
        platform = load_platform(self.sources)
        defs = definitions_of(platform, platform.resources(self.settings))
        with open_instance(self.settings, self.databases) as instance:
            run = Run(defs, instance, [dg.AssetKey(key.split(".")) for key in keys], partitions)
            assert not self._show(run), self.shown

    def make_all(self) -> None:
        self.make("staged.sales", "core.real_sale", "gold.shop_total", "gold.best_shop")
        self.make("core.sale_month", "gold.month_count", partitions=Partitions(None, "2024-01-01", "2024-03-01"))

    def _show(self, run: Run) -> int:
        for one in run.events():
            if one.status in ("done", "failed", "skipped"):
                self.shown.append(f"{one.key} {one.status} {one.problem}".strip())
        return 0 if run.succeeded else 1

    @contextmanager
    def environment(self, name: str) -> Iterator[State]:
        settings = self.settings.model_copy(update={"environment": name})
        with open_state(settings, self.databases, load_platform(self.sources)) as state:
            yield state

    def build(
        self, name: str, *keys: str, partitions: Partitions = UNPARTITIONED, force: bool = False
    ) -> tuple[Plan, list[str]]:
        """Make assets, or all, in an environment: what was planned, and what became of each that was begun."""
        self.shown.clear()
        with self.environment(name) as state:
            planned = plan(state, keys or list(state.graph.by_key), partitions, force=force)
            build(state, planned, self._show)
        return planned, list(self.shown)

    def promote(self, name: str) -> list[str]:
        """Publish an environment: what became of each table's record."""
        self.shown.clear()
        with self.environment(name) as state:
            assert publish(state, self._show) == 0, self.shown
        return list(self.shown)

    def out_of_date(self) -> list[str]:
        platform = load_platform(self.sources)
        defs = definitions_of(platform, platform.resources(self.settings))
        with open_instance(self.settings, self.databases) as instance:
            return out_of_date(defs, instance)

    def rows(self, sql: str, name: str = "") -> list[tuple[Any, ...]]:
        """The rows of a query on production, or on an environment."""
        settings = self.settings.model_copy(update={"environment": name})
        return [tuple(row.values()) for row in open_warehouse(settings).rows(sql)]

    def everything(self) -> Mapping[str, Sequence[Any]]:
        """All that production's databases hold of it: rows, records, notes, grants, and what Dagster knows."""
        found: dict[str, Sequence[Any]] = {}
        with psycopg.connect(self.databases.url("warehouse")) as connection:
            names = connection.execute(
                "SELECT format('%I.%I', n.nspname, c.relname), c.relacl::text FROM pg_class AS c "
                "JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v') "
                "AND n.nspname !~ '^pg_|__' AND n.nspname <> 'information_schema' "
                "AND NOT (n.nspname = '_parts' AND c.relname ~ '^([0-9a-f]{12}|turn)_') ORDER BY 1"
            ).fetchall()
            for name, grants in names:
                only = "WHERE table_name !~ '__'" if name == "_parts.published_tables" else ""
                rows = connection.execute(f"SELECT t::text FROM {name} AS t {only} ORDER BY 1").fetchall()
                found[name] = [grants, *rows]
        with psycopg.connect(self.databases.url("dagster")) as connection:
            for table in ("runs", "event_logs", "asset_keys", "asset_check_executions"):
                found[table] = connection.execute(f"SELECT t::text FROM {table} AS t ORDER BY 1").fetchall()
        return found
