"""What the platform itself costs: seconds a trivial asset, and the start of a run; whole runs are `peers_chain`'s."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from bench.bed import BARE, Bed, environment
from bench.chain import MODELS, SOURCE, bare_script, write_models
from bench.clock import Timing, best, command, interleaved
from bench.figures import Figure, at_most, ratio_at_most
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import PROJECT_ROOT, Settings

ASSET_LIMIT = 0.080
START_LIMIT = 1.5
STOCK = "bench_stock"
"""The database of a Dagster that is as it comes, with one asset that does nothing."""

_STOCK_FILES = {
    "dagster.yaml": "storage: {postgres: {postgres_url: {env: STOCK_URL}}}\ntelemetry: {enabled: false}\n",
    "stock_assets.py": "import dagster as dg\n\n\n@dg.asset\ndef nothing() -> None: ...\n\n\n"
    "defs = dg.Definitions([nothing])\n",
}


@dataclass(frozen=True)
class Chain:
    """One run of the chain: the whole process, its start to the first step, and a step on average."""

    whole: Timing
    start: Timing
    step: Timing


def overhead(bed: Bed) -> list[Figure]:
    """A chain of trivial models in a project of its own; and the start of our project."""
    project = bed.root / "chain"
    write_models(project)
    bare = bed.root / "bare_chain.sql"
    bare.write_text(bare_script(), encoding="utf-8")
    chains: list[Chain] = []
    cold = bed.root / "cold"
    # The first run of each compiles modules and makes databases, which is no subject here.
    _chain(bed, project)
    _start(cold, running=False)
    bed.empty_database(STOCK)
    _stock_start(bed)

    def baseline() -> Timing:
        bed.empty_database(BARE)
        return bed.psql(bare)

    def ours() -> Timing:
        chains.append(_chain(bed, project))
        return chains[-1].whole

    statements, dagster, _, cold_start, warm_start, stock = (
        best(timings)
        for timings in interleaved(
            bed.repeats,
            baseline,
            lambda: bed.python("-c", "import dagster"),
            ours,
            lambda: _start(cold, running=False),
            lambda: _start(cold, running=True),
            lambda: _stock_start(bed),
        )
    )
    step = best([chain.step for chain in chains])
    chain_start = best([chain.start for chain in chains])
    what = "start of tributary materialize to the first step"
    return [
        Figure(
            "overhead",
            "one trivial asset",
            step,
            "its statement by psql",
            Timing(statements.wall / MODELS),
            at_most(step.wall * 1000, ASSET_LIMIT * 1000, "ms"),
            f"{MODELS} chained models with two checks each, from the first step's start to the last one's end.",
        ),
        Figure(
            "overhead",
            f"{what}, its server stopped",
            cold_start,
            "python -c 'import dagster'",
            dagster,
            ratio_at_most(cold_start, dagster, START_LIMIT),
        ),
        Figure(
            "overhead",
            f"{what}, its server running",
            warm_start,
            "python -c 'import dagster'",
            dagster,
            ratio_at_most(warm_start, dagster, START_LIMIT),
            f"with a project of its own of {MODELS} models, of one source, {chain_start.wall:.2f} s.",
        ),
        Figure(
            "overhead",
            f"{what}, its server running",
            warm_start,
            "start of dagster asset materialize to the first step",
            stock,
            note="Dagster as it comes, with one asset that does nothing, on dagster-postgres and the same server.",
        ),
    ]


def _chain(bed: Bed, project: Path) -> Chain:
    bed.settle()
    env = environment(sources=SOURCE, project=project)
    whole = command(
        [sys.executable, "-m", "tributary", "materialize", "--force"],
        bed.data,
        cwd=project,
        env={**env, "PYTHONPATH": os.pathsep.join([str(project), env.get("PYTHONPATH", "")])},
    )
    run = _last_run(bed.databases.url("dagster"))
    return Chain(
        whole, Timing(float(run["first"]) - whole.began), Timing((float(run["last"]) - float(run["first"])) / MODELS)
    )


def _start(home: Path, *, running: bool) -> Timing:
    """From the start of the command to its first step, on a home whose server is running or stopped."""
    settings = Settings(_env_file=None, home=home)
    with connect(settings) if running else nullcontext():
        done = command(
            [sys.executable, "-m", "tributary", "materialize", "core.dim_date", "--force"],
            settings.postgres_data,
            cwd=PROJECT_ROOT,
            env=environment(home=home, lake_url=home / "lake"),
        )
    with connect(settings) as databases:
        return Timing(float(_last_run(databases.url("dagster"))["first"]) - done.began)


def _stock_start(bed: Bed) -> Timing:
    folder = bed.root / "stock"
    folder.mkdir(exist_ok=True)
    for name, text in _STOCK_FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    url = bed.database_url(STOCK)
    done = command(
        [sys.executable, "-m", "dagster", "asset", "materialize", "-m", "stock_assets", "--select", "nothing"],
        bed.data,
        cwd=folder,
        env={**os.environ, "DAGSTER_HOME": str(folder), "STOCK_URL": url, "PYTHONPATH": str(folder)},
    )
    return Timing(float(_last_run(url)["first"]) - done.began)


def _last_run(url: str) -> dict[str, Any]:
    """When the last run's first step began and its last one ended, in seconds of the epoch."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        found = connection.execute(
            """
            SELECT extract(epoch FROM min(timestamp) FILTER (WHERE dagster_event_type = 'STEP_START')) AS first,
                   extract(epoch FROM max(timestamp) FILTER (WHERE dagster_event_type = 'STEP_SUCCESS')) AS last
            FROM event_logs WHERE run_id = (SELECT run_id FROM runs ORDER BY id DESC LIMIT 1)
            """
        ).fetchone()
    return found or {}
