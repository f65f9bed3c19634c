"""The collector on Kinesis, of which one record in a hundred is refused: events a second, and whether one is lost.

The stand-in is moto in a process of its own, on the same machine. The baseline is the same load on the local journal.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from typing import Any

from bench.bed import Bed
from bench.clock import best, interleaved
from bench.collector_load import EVENTS_A_SECOND, Load, collector_server, sending
from bench.figures import Figure, Limit
from bench.moto_server import moto

REFUSED = 0.01
SHARDS = 4
WARMING_REQUESTS = 20
LOADS = (
    Load("20,000 single events, 64 connections", 20_000, 1, 64),
    Load("20,000 events in batches of 100, 8 connections", 200, 100, 8),
)
SPOOL_PATIENCE = 60.0


def kinesis(bed: Bed) -> list[Figure]:
    """Single events and batches."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    return [_figure(bed, load) for load in LOADS]


def _figure(bed: Bed, load: Load) -> Figure:
    import boto3

    home = bed.root / "kinesis"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    with moto(REFUSED) as url:
        client = boto3.client("kinesis", endpoint_url=url, region_name="us-east-1")
        client.create_stream(StreamName="web-data", ShardCount=SHARDS)
        with (
            collector_server("collector", home / "local") as local,
            collector_server("kinesis", home / "aws", url) as remote,
        ):
            for server in (local, remote):
                sending(bed, server, Load("", WARMING_REQUESTS, load.size, load.connections))()
            baseline, ours = (
                best(timings)
                for timings in interleaved(bed.repeats, sending(bed, local, load), sending(bed, remote, load))
            )
            _wait_until_empty(home / "aws" / "spool")
        sent = (bed.repeats * load.requests + WARMING_REQUESTS) * load.size
        found = _arrived(client)
    rate, once = load.requests * load.size / ours.wall, len(set(found))
    lost, twice, phases = sent - once, len(found) - once, ours.phases
    return Figure(
        "kinesis",
        load.measured,
        ours,
        "the same, to the local journal",
        baseline,
        Limit(f"≥ {EVENTS_A_SECOND} events/s, none lost", rate >= EVENTS_A_SECOND and not lost),
        f"{rate:,.0f} events/s with {REFUSED:.0%} of the records refused; of {sent:,} events {lost:,} were lost and "
        f"{twice:,} delivered twice; a request took {phases['p50'] * 1000:.1f} ms (median), "
        f"{phases['p99'] * 1000:.1f} ms (99 %).",
    )


def _wait_until_empty(spool: Any) -> None:
    deadline = time.monotonic() + SPOOL_PATIENCE
    while any(spool.glob("*.journal")) and time.monotonic() < deadline:
        time.sleep(0.1)


def _arrived(client: Any) -> list[str]:
    """The ids of all messages in the stream, as often as they are there."""
    found: list[str] = []
    for shard in client.list_shards(StreamName="web-data")["Shards"]:
        asked = {"StreamName": "web-data", "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = client.get_shard_iterator(**asked)["ShardIterator"]
        while (answer := client.get_records(ShardIterator=iterator, Limit=10_000))["Records"]:
            found += [json.loads(record["Data"])["messageId"] for record in answer["Records"]]
            iterator = answer["NextShardIterator"]
    return found
