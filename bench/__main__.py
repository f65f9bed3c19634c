"""`python -m bench [NAME …]`: runs benchmarks one after the other and shows their figures in one table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from rich.console import Console

from bench.bed import Bed, open_bed
from bench.figures import Figure, markdown, terminal_table, write
from bench.machine import busy, describe
from tributary.resources.errors import TributaryError

BENCHES = {
    "definitions": "bench.definitions.definitions",
    "commands": "bench.commands.commands",
    "plans": "bench.plans.plans",
    "overhead": "bench.overhead.overhead",
    "load_transactions": "bench.loads.load_transactions",
    "load_promotions": "bench.loads.load_promotions",
    "graph": "bench.graph.graph",
    "environments": "bench.environments.environments",
    "peers_chain": "bench.peers.chain.chain",
    "peers_loads": "bench.peers.loads.loads",
    "peers_summary": "bench.peers.summary.summary",
    "sneakers_history": "bench.sneakers_history.sneakers_history",
    "keyed_tick": "bench.keyed_tick.keyed_tick",
    "growth": "bench.growth.growth",
    "sneakers_app": "bench.sneakers_app.sneakers_app",
    "gateway": "bench.gateway.gateway",
    "data_api": "bench.data_api.data_api",
    "dashboard": "bench.dashboard.dashboard",
    "catalog": "bench.catalog.catalog",
    "pages": "bench.pages.pages",
    "reports": "bench.reports.reports",
    "collector": "bench.collector_load.collector_load",
    "social_transform": "bench.social_transform.social_transform",
    "social_tick": "bench.social_tick.social_tick",
    "social_live": "bench.social_live.social_live",
    "meetup": "bench.meetup.meetup",
    "pledges": "bench.pledges.pledges",
    "retention": "bench.retention.retention",
    "backups": "bench.backups.backups",
    "crashes": "bench.crashes.crashes",
    "trino": "bench.trino.trino",
    "trino_small": "bench.trino_small.trino_small",
    "kinesis": "bench.kinesis.kinesis",
    "small_objects": "bench.small_objects.small_objects",
    "aws_local": "bench.aws_local.aws_local",
    "make_run": "bench.make_run.make_run",
    "before": "bench.before.before",
    "idle": "bench.idle.idle",
    "soak": "bench.soak.month.soak",
}
"""The function of each benchmark; its module is imported only where it is asked for."""

GROUPS = {"peers": ("peers_chain", "peers_loads", "peers_summary")}
"""Benchmarks that one name stands for."""

ONLY_BY_NAME = frozenset({"soak"})
"""What takes as long as it is told, and writes a report of its own."""

WIDTH_OF_FILES = 240


def main() -> int:
    """Run what was asked for; 1 where a benchmark could not be run, whatever the figures."""
    arguments = _arguments()
    width = None if sys.stdout.isatty() else WIDTH_OF_FILES
    out, err = Console(highlight=False, width=width), Console(stderr=True, highlight=False, width=width)
    figures: list[Figure] = []
    try:
        with open_bed(arguments.files, arguments.scale, arguments.repeats, arguments.hours) as bed:
            machine = describe()
            out.print(machine)
            for name in arguments.names or [name for name in BENCHES if name not in ONLY_BY_NAME]:
                if warning := busy():
                    err.print(warning, style="yellow")
                err.print(f"{name} …", style="dim")
                found = bench_named(name)(bed)
                figures += found
                for figure in found:
                    err.print("  " + "  ".join(cell for cell in figure.cells()[1:] if cell), soft_wrap=True)
    except TributaryError as error:
        err.print(str(error), style="red", markup=False)
        return 1
    out.print(terminal_table(figures))
    for figure in figures:
        if figure.note:
            out.print(f"{figure.bench}, {figure.measured}: {figure.note}", style="dim", soft_wrap=True)
    if arguments.write:
        write(arguments.write, markdown(figures, machine))
    return 0


def bench_named(name: str) -> Callable[[Bed], list[Figure]]:
    """The benchmark of this name."""
    module, _, function = BENCHES[name].rpartition(".")
    found: Callable[[Bed], list[Figure]] = getattr(import_module(module), function)
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    known = ", ".join((*GROUPS, *BENCHES))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {known}; default: all")
    parser.add_argument("--files", type=Path, metavar="DIR", help="use the retail files of this folder")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the sample made otherwise, and of histories; 1 is the source's"
    )
    parser.add_argument("--repeats", type=int, default=3, help="repetitions of each way; the best counts")
    parser.add_argument("--hours", type=float, default=8.0, help="of the soak, which fits a month into them")
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write the table as Markdown")
    arguments = parser.parse_args()
    arguments.names = [one for name in arguments.names for one in GROUPS.get(name, (name,))]
    for name in arguments.names:
        if name not in BENCHES:
            parser.error(f"{name} is not a benchmark; choose from {known}")
    if arguments.repeats < 1:
        parser.error(f"--repeats {arguments.repeats} is out of range; give 1 or more")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
