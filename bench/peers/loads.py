"""The sales' file (158 MB at full size) into a table of Postgres: ours, one COPY, dlt and pandas.

Taken is the load alone, without the start of a process. All must leave the same rows: as many, for as much money.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import psycopg

from bench.bed import Bed
from bench.clock import Timing, best, interleaved
from bench.errors import BenchError
from bench.figures import Figure, ratio_at_most
from bench.peers.installed import Peer, installed
from tributary.assets.retail.files import TRANSACTIONS

LIMIT = 1.2
DATABASE = "bench_loads"
_TOTALS = "SELECT count(*), sum(sales_value::numeric(12, 2)), sum(retail_disc::numeric(12, 2)) FROM staged.{table}"
_NOTES = {
    "copy_with_rules": "both with the derived day, the rules and the types; ours looks for lines to reject, and scans, "
    "digests and checks what it took.",
    "copy_plain": "types alone.",
    "file": "the file handed over as it is (with_file_import, loader_file_format csv), its quickest way: types alone.",
    "arrow": "read as Arrow tables (loader_file_format csv), which it normalises; money becomes double precision.",
    "pandas": "to_sql in chunks, with COPY as its method; money becomes double precision.",
}


def loads(bed: Bed) -> list[Figure]:
    """Every way in turns; the table of the one before is gone, and all that it wrote on disk."""
    dlt, pandas = installed(bed, "dlt", "pandas")
    file = str(bed.files / TRANSACTIONS.file)
    address = bed.bare_url.replace("/bench_bare?", f"/{DATABASE}?")

    def own(way: str) -> Callable[[], Timing]:
        def run() -> Timing:
            bed.settle()
            done = bed.python("-m", "bench.load_worker", way, TRANSACTIONS.name, file)
            return Timing(**json.loads(done.output))

        return run

    def theirs(peer: Peer, *words: str) -> Callable[[], Timing]:
        def run() -> Timing:
            bed.empty_database(DATABASE)
            with psycopg.connect(address) as connection:
                connection.execute("CREATE SCHEMA staged")
            done = peer.script(f"load_{peer.name}", address, file, *words)
            _expect_all(bed, address)
            told = json.loads(done.output.splitlines()[-1])
            return replace(done, wall=told["wall"], cpu=(done.cpu or 0.0) - told["before"])

        return run

    ways = {
        ("copy_with_rules", "COPY into the same definition"): own("copy_with_rules"),
        ("copy_plain", "COPY into bare columns"): own("copy_plain"),
        ("file", f"{dlt.version()}, the file as it is"): theirs(dlt, "file"),
        ("arrow", f"{dlt.version()}, by Arrow"): theirs(dlt, "arrow"),
        ("pandas", f"{pandas.version()}, to_sql by COPY"): theirs(pandas),
    }
    ours, *others = (best(timings) for timings in interleaved(bed.repeats, own("replace"), *ways.values()))
    size = (bed.files / TRANSACTIONS.file).stat().st_size / 1e6
    return [
        Figure(
            "peers_loads",
            f"{TRANSACTIONS.file} ({size:.0f} MB) into Postgres",
            ours,
            name,
            baseline,
            ratio_at_most(ours, baseline, LIMIT) if way == "copy_with_rules" else None,
            f"{_NOTES[way]} Memory of the client {ours.peak_mb or 0:.0f} MB, theirs {baseline.peak_mb or 0:.0f} MB.",
        )
        for (way, name), baseline in zip(ways, others, strict=True)
    ]


def _expect_all(bed: Bed, address: str) -> None:
    """A peer loaded what ours did.

    Raises:
        BenchError: there are other rows in its table.
    """
    found = []
    for url, table in ((bed.databases.url("warehouse"), TRANSACTIONS.table.name), (address, "sales")):
        with psycopg.connect(url) as connection:
            found.append(connection.execute(_TOTALS.format(table=table)).fetchone())
    if found[0] != found[1]:
        raise BenchError(f"Of {TRANSACTIONS.file} ours holds (rows, sales, discounts) {found[0]}, the peer {found[1]}.")
