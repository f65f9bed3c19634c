"""A tick of the sensor `social_events` in steady state: does it cost more the longer the lake's past is?

A million old objects with their receipts beside a thousand, with the same recent hours: in a folder by time, in S3 by
the number of list calls.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from bench.bed import Bed
from bench.clock import Timing, best
from bench.errors import BenchError
from bench.figures import Figure, Limit, ratio_at_most
from bench.social_history import HOURS, RECENT_A_HOUR, RECENT_HOURS, folder_lake, hour_of_day
from tributary.assets.social.arrivals import HOUR

LARGE, SMALL = 1_000_000, 1_000
LARGE_S3 = 10_000
LIMIT = 1.5
ROUNDS = 30
"""Looks a repetition: one takes milliseconds."""


def social_tick(bed: Bed) -> list[Figure]:
    """The look and the whole evaluation over folders, the look over everything, and the calls that S3 is asked."""
    now = datetime.now(tz=UTC)
    lakes = {count: folder_lake(bed.root / f"social-history-{count}", count, now) for count in (SMALL, LARGE)}
    found = _worker(bed, "bench.social_tick_worker", str(ROUNDS * bed.repeats), *map(str, lakes.values()))
    timings = {name: best([Timing(*one) for one in seconds]) for name, seconds in found.items()}
    past = f"{LARGE:,} old objects and receipts"
    small = f"the same, {SMALL:,} old objects"
    look, whole = timings["look large"], timings["evaluation large"]
    return [
        Figure(
            "social_tick",
            f"look of the sensor, {past}",
            look,
            small,
            timings["look small"],
            ratio_at_most(look, timings["look small"], LIMIT),
            f"nothing is new; in either lake the last {RECENT_HOURS} hours hold {RECENT_HOURS * RECENT_A_HOUR} objects "
            "and as many receipts.",
        ),
        Figure(
            "social_tick",
            f"look of the sensor, {past}",
            look,
            "listing everything, then the same",
            timings["everything large"],
        ),
        Figure(
            "social_tick",
            f"evaluation of the sensor, {past}",
            whole,
            small,
            timings["evaluation small"],
            ratio_at_most(whole, timings["evaluation small"], LIMIT),
            "by Dagster, with runs kept in memory, so that no query of its storage hides a difference.",
        ),
        _in_s3(bed),
    ]


def _in_s3(bed: Bed) -> Figure:
    small, large = (_worker(bed, "bench.social_tick_s3", str(count)) for count in (SMALL, LARGE_S3))
    if small["asked"] or large["asked"] or not large["objects"] > small["objects"]:
        raise BenchError(f"The lakes in S3 are not what they should be ({small}, {large}); mend the benchmark.")
    return Figure(
        "social_tick",
        f"look of the sensor in S3 (moto), {LARGE_S3:,} old objects and receipts",
        Timing(large["wall"]),
        f"the same, {SMALL:,} old objects",
        Timing(small["wall"]),
        Limit("as many list calls", large["lists"] == small["lists"]),
        f"{large['lists']} list calls, beside {small['lists']}; listing everything takes "
        f"{large['lists_of_everything']}, beside {small['lists_of_everything']}. The seconds are mostly moto's own, "
        "which looks at all objects for each call.",
    )


def _worker(bed: Bed, module: str, *arguments: str) -> Any:
    # Before the lakes' past, which is kept from one run of the benchmark to the next.
    first = hour_of_day(datetime.now(tz=UTC)) - 2 * HOURS * HOUR
    done = bed.python("-m", module, *arguments, social_start=f"{first:%Y-%m-%d}")
    return json.loads(done.output.splitlines()[-1])
