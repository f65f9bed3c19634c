"""Listing and reading two thousand small objects of S3 by the lake, beside boto3 on as many threads.

The service is moto in a process of its own, on the same machine: what it takes is in both.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.bed import Bed
from bench.clock import Timing, best, interleaved
from bench.errors import BenchError
from bench.figures import Figure, ratio_at_most
from bench.moto_server import moto
from tributary.resources.lake.model import CONCURRENCY
from tributary.resources.lake.s3 import S3Lake

OBJECTS, BYTES = 2_000, 5_000
BUCKET, REGION, PREFIX = "bench", "us-east-1", "web-data/raw/2026/03/01/07/"


def small_objects(bed: Bed) -> list[Figure]:
    """All of them, of five kilobytes each."""
    import boto3
    from botocore.config import Config

    os.environ |= {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    with moto() as url:
        client = boto3.client(
            "s3", endpoint_url=url, region_name=REGION, config=Config(max_pool_connections=CONCURRENCY)
        )
        client.create_bucket(Bucket=BUCKET)
        lake = S3Lake(f"s3://{BUCKET}", region=REGION, endpoint_url=url)
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            list(pool.map(lambda n: lake.put(f"{PREFIX}{n:05d}", os.urandom(BYTES)), range(OBJECTS)))

        def by_lake() -> int:
            keys = [info.key for info in lake.list(PREFIX)]
            return sum(len(data) for _, data in lake.get_many(keys))

        def by_boto3() -> int:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=PREFIX)
            keys = [one["Key"] for page in pages for one in page["Contents"]]
            with ThreadPoolExecutor(CONCURRENCY) as pool:
                return sum(pool.map(lambda key: len(client.get_object(Bucket=BUCKET, Key=key)["Body"].read()), keys))

        baseline, ours = (best(timings) for timings in interleaved(bed.repeats, _timed(by_boto3), _timed(by_lake)))
    return [
        Figure(
            "small_objects",
            f"list and read {OBJECTS:,} objects of {BYTES // 1000} kB in S3, by the lake",
            ours,
            f"boto3 on {CONCURRENCY} threads",
            baseline,
            ratio_at_most(ours, baseline, 1),
            "the processor time is that of the client alone.",
        )
    ]


def _timed(read: Callable[[], int]) -> Callable[[], Timing]:
    def run() -> Timing:
        cpu, wall = time.process_time(), time.perf_counter()
        if read() != OBJECTS * BYTES:
            raise BenchError("What was read is not what was put.")
        return Timing(time.perf_counter() - wall, time.process_time() - cpu)

    return run
