"""`python -m bench [NAME …]`: runs benchmarks one after the other and shows their figures in one table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench.bed import Bed, open_bed
from bench.definitions import definitions
from bench.figures import Figure, markdown, terminal_table, write
from bench.graph import graph
from bench.loads import load_promotions, load_transactions
from bench.machine import busy, describe
from bench.make_run import make_run
from bench.overhead import overhead
from bench.pandas_summary import pandas_summary
from resources.errors import TributaryError

BENCHES: dict[str, Callable[[Bed], list[Figure]]] = {
    "definitions": definitions,
    "overhead": overhead,
    "load_transactions": load_transactions,
    "load_promotions": load_promotions,
    "graph": graph,
    "pandas": pandas_summary,
    "make_run": make_run,
}

WIDTH_OF_FILES = 240


def main() -> int:
    """Run what was asked for; 1 where a benchmark could not be run, whatever the figures."""
    arguments = _arguments()
    width = None if sys.stdout.isatty() else WIDTH_OF_FILES
    out, err = Console(highlight=False, width=width), Console(stderr=True, highlight=False, width=width)
    figures: list[Figure] = []
    try:
        err.print("Getting the files and the server ready …", style="dim")
        with open_bed(arguments.files, arguments.scale, arguments.repeats) as bed:
            machine = describe(bed.server_version())
            out.print(machine)
            for name in arguments.names or BENCHES:
                if warning := busy():
                    err.print(warning, style="yellow")
                err.print(f"{name} …", style="dim")
                found = BENCHES[name](bed)
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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of {', '.join(BENCHES)}; default: all")
    parser.add_argument("--files", type=Path, metavar="DIR", help="use the retail files of this folder")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the sample made otherwise; 1 is the source's")
    parser.add_argument("--repeats", type=int, default=3, help="repetitions of each way; the best counts")
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write the table as Markdown")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in BENCHES:
            parser.error(f"{name} is not a benchmark; choose from {', '.join(BENCHES)}")
    if arguments.repeats < 1:
        parser.error(f"--repeats {arguments.repeats} is out of range; give 1 or more")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
