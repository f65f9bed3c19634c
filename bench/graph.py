"""The whole retail graph from files to gold, beside the same statements run bare by psql.

The promotions have a bench of their own and are left out on both sides; so are the recommendations, which are Python
and would only dilute the ratio. The calendar is on both sides: bare, it counts the function that makes its rows.
"""

from __future__ import annotations

from pathlib import Path

from bench.bare_graph import script
from bench.bed import BARE, Bed
from bench.clock import Timing, best, interleaved
from bench.figures import Figure, ratio_at_most
from tributary.assets.retail.files import ALL_FILES, PROMOTIONS, path_of

BARE_LIMIT, ANALYSED_LIMIT = 0.8, 1.5
WITHOUT = (
    "raw.csv_retail_promotions",
    "staged.retail_promotions",
    "core.fact_promotion",
    "gold.product_recommendations",
)
SELECTION = f'(group:"retail" or core.dim_date) and not ({" or ".join(WITHOUT)})'


def graph(bed: Bed) -> list[Figure]:
    """Files to gold, once; everything is made anew each time."""
    dates = bed.root / "dim_date.csv"
    write_dates(dates)
    plain, analysed = _write_scripts(bed, dates)

    def bare(path: Path) -> Timing:
        bed.empty_database(BARE)
        made = bed.python("-c", f"from bench.graph import write_dates; write_dates({str(dates)!r})")
        run = bed.psql(path)
        return Timing(made.wall + run.wall, (made.cpu or 0.0) + (run.cpu or 0.0))

    def ours(at_once: int) -> Timing:
        bed.empty_platform()
        return bed.tributary("materialize", SELECTION, steps_at_once=at_once)

    without, with_statistics, one_by_one, found = (
        best(timings)
        for timings in interleaved(
            bed.repeats, lambda: bare(plain), lambda: bare(analysed), lambda: ours(1), lambda: ours(0)
        )
    )
    what = "tributary materialize, files to gold"
    return [
        Figure(
            "graph",
            what,
            found,
            "the same statements by psql",
            without,
            ratio_at_most(found, without, BARE_LIMIT),
            "without promotions and recommendations; ours includes the start of the process, the copy into the lake, "
            "checks, statistics, previews and charts.",
        ),
        Figure(
            "graph",
            what,
            found,
            "the same, with ANALYZE after each table",
            with_statistics,
            ratio_at_most(found, with_statistics, ANALYSED_LIMIT),
            "the stronger baseline: without statistics the planner makes poor plans of some models.",
        ),
        Figure("graph", what, found, "one asset after the other", one_by_one),
    ]


def write_dates(path: Path | str) -> None:
    """The calendar's rows by its bare function, as CSV."""
    import pyarrow.csv as pc

    from tributary.assets.calendar.dates import date_rows

    pc.write_csv(date_rows(), path, pc.WriteOptions(include_header=False))


def _write_scripts(bed: Bed, dates: Path) -> list[Path]:
    """The bare script, without and with statistics."""
    from tributary.assets.calendar.tables import DIM_DATE
    from tributary.platform import load_platform

    files = [(source, path_of(source, bed.files)) for source in ALL_FILES if source is not PROMOTIONS]
    models = [
        model for model in load_platform().models.values() if model.source == "retail" and model.key not in WITHOUT
    ]
    paths = []
    for name, statistics in (("bare_graph.sql", False), ("bare_graph_analysed.sql", True)):
        paths.append(bed.root / name)
        text = script(files, (DIM_DATE, dates), models, statistics=statistics)
        paths[-1].write_text(text, encoding="utf-8")
    return paths
