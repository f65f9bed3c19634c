"""Twenty chained models with forty tests, whole processes: ours, dbt and SQLMesh, each on a database of its own.

Four moments of a project: its first start on an empty database; everything once more; nothing changed; and one model in
the middle changed, so that it and all that follow make other rows. What each tool offers for a moment differs, and is
told with the figure: dbt knows no "nothing changed" of tables, and makes them again.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from itertools import count

import psycopg

from bench.bed import Bed, environment
from bench.chain import MODELS, SCHEMA, SOURCE, table
from bench.clock import Timing, best, command, interleaved
from bench.errors import BenchError
from bench.figures import Figure, Limit, ratio_at_most
from bench.peers.chain_projects import MIDDLE, DbtProject, OwnProject, Project, SqlmeshProject
from bench.peers.installed import Peer, installed
from tributary.resources.postgres.databases import Databases

MOMENTS = ("the first start", "all once more", "nothing changed", f"model {MIDDLE} of {MODELS} changed")
FIRST, AGAIN, NOTHING, CHANGED = MOMENTS
LIMITS = {(FIRST, "plan"): 0.8, (AGAIN, "plan"): 0.8, (NOTHING, "plan"): 1.0}
"""What is asked of ours beside SQLMesh's plan."""

Way = Callable[[], Timing]


def chain(bed: Bed) -> list[Figure]:
    """Each tool through the four moments, in turns; of every moment the last model's row is looked at."""
    dbt, sqlmesh = installed(bed, "dbt", "sqlmesh")
    tools = [_ours(bed), _dbt(bed, dbt), _sqlmesh(bed, sqlmesh)]
    ways = [(name, moment, way) for tool in tools for (name, moment), way in tool.items()]
    timings = interleaved(bed.repeats, *(way for _, _, way in ways))
    found = {(name, moment): best(times) for (name, moment, _), times in zip(ways, timings, strict=True)}
    names = {"build": f"dbt build ({dbt.version('dbt-core')})", "plan": f"sqlmesh plan ({sqlmesh.version()})"}
    names |= {"run": f"sqlmesh run ({sqlmesh.version()})"}
    return [
        Figure(
            "peers_chain",
            f"{MODELS} models, {2 * MODELS} tests: {moment}",
            found["ours", moment],
            names[name],
            baseline,
            _limit(moment, name, found["ours", moment], baseline),
            _note(moment, name, baseline, found["ours", moment]),
        )
        for (name, moment), baseline in found.items()
        if name in names
    ]


def _limit(moment: str, name: str, ours: Timing, baseline: Timing) -> Limit | None:
    limit = LIMITS.get((moment, name))
    return None if limit is None else ratio_at_most(ours, baseline, limit)


_NOTES = {
    (FIRST, "build"): "an empty database and home; ours and SQLMesh also lay the tables that keep their records.",
    (AGAIN, "build"): "ours by --force; ours also tells Dagster of each step and test, and keeps a preview.",
    (AGAIN, "plan"): "SQLMesh by --restate-model.",
    (NOTHING, "build"): "dbt has no such notion, and makes and tests everything again.",
    (NOTHING, "run"): "it goes by the clock, and looks at no model's file.",
    (CHANGED, "build"): "dbt by --select state:modified+, beside the manifest of the run before.",
}


def _note(moment: str, name: str, baseline: Timing, ours: Timing) -> str:
    memory = f"memory of the client {ours.peak_mb or 0:.0f} MB, theirs {baseline.peak_mb or 0:.0f} MB"
    return "; ".join(part for part in (memory, _NOTES.get((moment, name), "")) if part)


def _ours(bed: Bed) -> dict[tuple[str, str], Way]:
    # A server given by URL, as for the others, with databases of this contest alone.
    databases = Databases(bed.databases.server_url, "bench_chain_")
    home = bed.root / "peers" / "home"
    project = OwnProject(bed.root / "peers" / "chain-tributary", databases.name("warehouse"))
    settings = environment(
        home=home,
        lake_url=home / "lake",
        postgres_url=databases.server_url,
        database_prefix=databases.prefix,
        sources=SOURCE,
        project=project.folder,
    )
    # The project need not be installed to be found.
    env = {**settings, "PYTHONPATH": os.pathsep.join([str(project.folder), settings.get("PYTHONPATH", "")])}

    def run(*words: str) -> Timing:
        bed.settle()
        words = (sys.executable, "-m", "tributary", "materialize", *words)
        return _checked(command(words, bed.data, cwd=project.folder, env=env), databases.url("warehouse"), project)

    def first() -> Timing:
        shutil.rmtree(home, ignore_errors=True)
        for name in ("warehouse", "dagster", "app"):
            bed.empty_database(databases.name(name))
        project.write(databases.url("warehouse"))
        return run()

    return _moments("ours", first, lambda: run("--force"), run, _changed(project, run))


def _dbt(bed: Bed, dbt: Peer) -> dict[tuple[str, str], Way]:
    project = DbtProject(bed.root / "peers" / "chain-dbt", "bench_dbt")
    before = project.folder / "before"

    def run(*words: str) -> Timing:
        done = dbt.run("dbt", "build", *words, cwd=project.folder, env={"DBT_PROFILES_DIR": str(project.folder)})
        return _checked(done, _address(bed, project), project)

    def first() -> Timing:
        _begin(bed, project)
        return run()

    def changed() -> Timing:
        shutil.copytree(project.folder / "target", before, dirs_exist_ok=True)
        return run("--select", "state:modified+", "--state", str(before))

    return _moments("build", first, run, run, _changed(project, changed))


def _sqlmesh(bed: Bed, sqlmesh: Peer) -> dict[tuple[str, str], Way]:
    project = SqlmeshProject(bed.root / "peers" / "chain-sqlmesh", "bench_sqlmesh")

    def run(*words: str) -> Timing:
        return _checked(sqlmesh.run("sqlmesh", *words, cwd=project.folder), _address(bed, project), project)

    def plan(*words: str) -> Timing:
        return run("plan", "--auto-apply", "--no-prompts", *words)

    def first() -> Timing:
        _begin(bed, project)
        return plan()

    ways = _moments("plan", first, lambda: plan("--restate-model", f"{SCHEMA}.*"), plan, _changed(project, plan))
    # Nothing changed for a run either: in its turn after that plan, before the change.
    changed = ways.pop(("plan", CHANGED))
    return {**ways, ("run", NOTHING): lambda: run("run"), ("plan", CHANGED): changed}


def _moments(name: str, *ways: Way) -> dict[tuple[str, str], Way]:
    return {(name, moment): way for moment, way in zip(MOMENTS, ways, strict=True)}


def _changed(project: Project, way: Way) -> Way:
    numbers = count(2)

    def run() -> Timing:
        project.change(next(numbers))
        return way()

    return run


def _begin(bed: Bed, project: Project) -> None:
    bed.empty_database(project.database)
    project.write(_address(bed, project))


def _address(bed: Bed, project: Project) -> str:
    return bed.bare_url.replace("/bench_bare?", f"/{project.database}?")


def _checked(done: Timing, address: str, project: Project) -> Timing:
    """The timing, where the last model's table holds what the project's SELECTs add up to.

    Raises:
        BenchError: it does not.
    """
    with psycopg.connect(address) as connection:
        rows = connection.execute(f"SELECT id FROM {SCHEMA}.{table(MODELS)}").fetchall()
    if rows != [(project.last,)]:
        raise BenchError(f"{project.folder.name}: the chain's last table holds {rows}, and should hold {project.last}.")
    return done
