"""The form app under load: one collector's forms one after the other, then many writers at once for a while.

Afterwards every form that was accepted is looked for, once, and every pair is replayed. The app is served as it is in
the platform, in a process of its own; the baseline is the same server with an application that does nothing.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from bench.bed import Bed
from bench.clock import Timing, best, interleaved
from bench.errors import BenchError
from bench.figures import Figure, Limit, at_most
from bench.sneakers_writers import ACCEPTED, REFUSED, Tally, audit, bare_posts, many_writers, one_collector
from tributary.assets.sneakers.app.database import open_engine
from tributary.assets.sneakers.standin.make import make_sample
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import PROJECT_ROOT

POSTS = 400
P95_LIMIT_MS = 50.0
WRITERS = 50
SECONDS = 30.0
STOPPING_SECONDS = 20


def sneakers_app(bed: Bed) -> list[Figure]:
    """The 95th percentile of a post, alone and among many; on a server of its own, whose home is made anew."""
    home = bed.root / "sneakers-home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    with connect(bed.settings.model_copy(update={"home": home})) as databases:
        url = databases.sqlalchemy_url("app")
        engine = open_engine(url)
        made = make_sample(engine, date.today())  # noqa: DTZ011 - the server's local day is what the app takes too
        engine.dispose()
        accepted: set[str] = set()

        def alone() -> Timing:
            tally = asyncio.run(one_collector(forms, POSTS))
            accepted.update(tally.accepted)
            return _p95(tally)

        with _server("nothing", url) as nothing, _server("forms", url) as forms:
            baseline, ours = (
                best(timings)
                for timings in interleaved(bed.repeats, lambda: _p95(asyncio.run(bare_posts(nothing, POSTS))), alone)
            )
            many = asyncio.run(many_writers(forms, WRITERS, SECONDS))
        found = audit(url, accepted | many.accepted, made)
    strange = {status: n for status, n in many.statuses.items() if status not in (ACCEPTED, REFUSED)}
    rate = len(many.accepted) / SECONDS
    return [
        Figure(
            "sneakers_app",
            "form post on loopback, 95 %",
            ours,
            "the same server, answering only",
            baseline,
            at_most(ours.wall * 1000, P95_LIMIT_MS, "ms"),
            f"{POSTS} posts one after the other, on {made:,} events of a sample; median "
            f"{ours.phases['p50'] * 1000:.1f} ms. every accepted form is durable when it is answered.",
        ),
        Figure(
            "sneakers_app",
            f"form post, {WRITERS} writers for {SECONDS:.0f} s, 95 %",
            _p95(many),
            limit=Limit("nothing lost, doubled or untrue", found.clean and not strange),
            note=f"{len(many.accepted):,} forms accepted ({rate:.0f}/s), {len(many.refused):,} refused, other answers "
            f"{strange or 'none'}; lost {found.lost}, doubled {found.doubled}, recorded though refused "
            f"{found.unasked}, pairs whose state is not that of their events {found.untrue}.",
        ),
    ]


def _p95(tally: Tally) -> Timing:
    seconds = sorted(tally.seconds)
    return Timing(seconds[int(len(seconds) * 0.95)], phases={"p50": seconds[len(seconds) // 2]})


@contextmanager
def _server(way: str, url: str) -> Iterator[int]:
    """A server in a process of its own, until the block ends; its port."""
    words = [sys.executable, "-m", "bench.sneakers_server", way, url]
    process = subprocess.Popen(words, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline().strip() if process.stdout else ""
        if not line.isdigit():
            raise BenchError(f"The form app ({way}) did not start; see what it wrote above.")
        yield int(line)
        if process.poll() is not None:
            raise BenchError(f"The form app ended by itself, with {process.returncode}; see what it wrote above.")
    finally:
        process.terminate()
        process.wait(STOPPING_SECONDS)
