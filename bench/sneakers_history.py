"""The history of every pair rebuilt from a million events: our models, beside pandas doing the same."""

from __future__ import annotations

from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.bed import Bed
from bench.clock import Timing, best, interleaved, metered
from bench.errors import BenchError
from bench.figures import Figure, ratio_at_most
from bench.sneakers_pandas import dim_sneaker
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_files import ModelFolders
from tributary.assets.factory.model_reading import read_model
from tributary.assets.sneakers.tables import EVENTS
from tributary.assets.source import SQL
from tributary.resources.warehouse.base import Batches, Select
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

if TYPE_CHECKING:
    import pandas as pd

EVENT_COUNT = 1_000_000
PAIRS = 50_000
BRANDS = 40
DATABASE = "bench_sneakers"
LIMIT = 1.5
HISTORY = ("staged.sneaker_entries", "core.dim_sneaker")
SHARES = {"worn": 0.62, "walked": 0.18, "cleaned": 0.16, "edited": 0.03, "undone": 0.01}
"""What follows the purchases and removals, of which each pair has one and every fourth one."""

DAY = 86_400_000_000
FIRST_DAY = 19_000
DAYS = 1_200
_COLUMNS = ", ".join(EVENTS.column_names)


def sneakers_history(bed: Bed) -> list[Figure]:
    """core.dim_sneaker from the staged events, through the warehouse; pandas from memory, and from the database."""
    bed.empty_database(DATABASE)
    url = bed.database_url(DATABASE)
    warehouse = PostgresWarehouse(lambda: url)
    warehouse.replace(EVENTS, Batches(_events().to_batches(max_chunksize=50_000)))
    models = _models()
    frame = _read(warehouse)
    made: list[pd.DataFrame] = []

    def ours() -> Timing:
        bed.settle()
        with metered(bed.data) as reading:
            reports = [
                warehouse.replace(models[key].table, Select(models[key].statement("postgres"))) for key in HISTORY
            ]
        return Timing(reading.wall, reading.cpu, phases=reports[-1].phases)

    def pandas(read: Callable[[], pd.DataFrame]) -> Timing:
        bed.settle()
        with metered(bed.data) as reading:
            found = dim_sneaker(read())
        made.append(found)
        return Timing(reading.wall, reading.cpu)

    memory, database, rebuilt = (
        best(timings)
        for timings in interleaved(
            bed.repeats, lambda: pandas(lambda: frame), lambda: pandas(lambda: _read(warehouse)), ours
        )
    )
    rows = _expect_equal(made[-1], warehouse.arrow("SELECT * FROM core.dim_sneaker").to_pandas())
    what = f"rebuild of core.dim_sneaker ({EVENT_COUNT:,} events, {PAIRS:,} pairs)"
    phases = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in rebuilt.phases.items())
    return [
        Figure(
            "sneakers_history",
            what,
            rebuilt,
            "pandas, from the database",
            database,
            ratio_at_most(rebuilt, database, LIMIT),
            f"ours keeps {rows:,} rows as a table with its checks, pandas none of them; phases of the table: {phases}.",
        ),
        Figure("sneakers_history", what, rebuilt, "pandas, from a DataFrame in memory", memory),
    ]


def _expect_equal(theirs: pd.DataFrame, ours: pd.DataFrame) -> int:
    """The number of rows of two histories that are the same in every value.

    Raises:
        BenchError: they are not.
    """
    names = list(ours.columns)
    one, other = (frame[names].set_index("sneaker_key").sort_index() for frame in (theirs, ours))
    differing = [
        name
        for name in one.columns
        if len(one) != len(other) or not ((one[name] == other[name]) | (one[name].isna() & other[name].isna())).all()
    ]
    if differing:
        raise BenchError(
            f"The two histories ({len(one):,} and {len(other):,} rows) differ in {', '.join(differing)}; "
            "neither figure counts."
        )
    return len(one)


def _read(warehouse: PostgresWarehouse) -> pd.DataFrame:
    frame: pd.DataFrame = warehouse.arrow(f"SELECT {_COLUMNS} FROM staged.sneaker_events").to_pandas()
    return frame


def _models() -> dict[str, SqlModel]:
    folders = ModelFolders.under(SQL)
    found = {model.key: model for path in (SQL / "sneakers").rglob("*.sql") for model in [read_model(path, folders)]}
    needs = {key: {other for other in model.reads if other in found} for key, model in found.items()}
    return {key: found[key] for key in TopologicalSorter(needs).static_order()}


def _events() -> pa.Table:
    """The event log, the same at every call: brands, then purchases, then a mixture in no order of time."""
    rng = np.random.default_rng(7)
    removed = PAIRS // 4
    rest = EVENT_COUNT - BRANDS - PAIRS - removed
    kinds = np.concatenate(
        [
            np.repeat(["brand_added", "bought"], [BRANDS, PAIRS]),
            rng.permutation(
                np.concatenate([np.repeat("sold", removed), rng.choice(list(SHARES), rest, p=list(SHARES.values()))])
            ),
        ]
    )
    ids = np.arange(1, EVENT_COUNT + 1)
    later = EVENT_COUNT - BRANDS - PAIRS
    pairs = np.concatenate([np.zeros(BRANDS, int), np.arange(1, PAIRS + 1), rng.integers(1, PAIRS + 1, later)])
    is_sale = kinds == "sold"
    pairs[is_sale] = rng.choice(np.arange(1, PAIRS + 1), removed, replace=False)
    days = FIRST_DAY + rng.integers(1, DAYS, EVENT_COUNT)
    days[: BRANDS + PAIRS] = FIRST_DAY
    days[is_sale] = FIRST_DAY + DAYS
    times = days * DAY + DAY // 2
    is_correction = np.isin(kinds, ["edited", "undone"])
    targets = np.zeros(EVENT_COUNT, int)
    # Corrections are of earlier uses, so that every pair stays bought and sold as it was.
    uses = ids[np.isin(kinds, ["worn", "walked", "cleaned"])]
    targets[is_correction] = rng.choice(uses, is_correction.sum(), replace=False)
    pairs[is_correction] = pairs[targets[is_correction] - 1]
    return _table(rng, ids, kinds, pairs, times, targets)


def _table(rng: np.random.Generator, ids: Any, kinds: Any, pairs: Any, times: Any, targets: Any) -> pa.Table:
    count = len(ids)
    is_pair, is_bought, is_brand = pairs > 0, kinds == "bought", kinds == "brand_added"
    brands = np.where(is_brand, ids, rng.integers(1, BRANDS + 1, count))
    has_brand = is_bought | is_brand
    prices = pa.array(rng.integers(50, 300, count)).cast(pa.decimal128(21, 2)).cast(pa.decimal128(10, 2))

    def text(values: Any, where: Any) -> pa.Array:
        return pa.array(np.asarray(values, object), pa.string(), mask=~where)

    def given(values: pa.Array, where: Any) -> pa.Array:
        return pc.if_else(pa.array(where), values, pa.scalar(None, values.type))

    names = np.char.add("Brand ", brands.astype(str))
    is_edit = kinds == "edited"
    moved = pa.array(times - DAY, pa.timestamp("us"))
    return pa.table(
        {
            "event_id": ids,
            "type": pa.array(np.asarray(kinds, object), pa.string()),
            "sneaker_id": pa.array(pairs, mask=~is_pair),
            "manufacturer_id": pa.array(brands, mask=~has_brand),
            "event_date": pa.array(times // DAY, pa.int32()).cast(pa.date32()),
            "event_time": pa.array(times, pa.timestamp("us")),
            "recorded_at": pa.array((FIRST_DAY + DAYS) * DAY + ids * 1_000_000, pa.timestamp("us")),
            "name": text(np.char.add("Pair ", pairs.astype(str)), is_bought),
            "color": text(rng.choice(["white", "black", "red", "grey"], count), is_bought),
            "material": text(rng.choice(["suede", "leather", "canvas", "mesh"], count), is_bought),
            "purchase_price": given(prices, is_bought),
            "brand": text(names, has_brand),
            **dict.fromkeys(("collaborator", "currency", "size", "note", "photo"), pa.nulls(count, pa.string())),
            "sale_price": given(prices, kinds == "sold"),
            "recipient": pa.nulls(count, pa.string()),
            "target_event_id": pa.array(targets, mask=targets == 0),
            "changed_fields": text(np.repeat("event_time", count), is_edit),
            "changed_event_date": given(moved.cast(pa.date32(), safe=False), is_edit),
            "changed_event_time": given(moved, is_edit),
            "source_object": text(np.repeat("bench", count), np.ones(count, bool)),
            "record_offset": ids,
        }
    )
