"""The graph on the profile `aws`, against stand-ins, beside the same on the profile `local`.

Events come into both by the collector: through Kinesis and what stands in for Firehose into the bucket, from which they
are copied to the other side, so that both have the same objects. Nothing but the settings differs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from uuid import uuid4

import httpx
from tests.collector.serving import WRITE_KEY, collecting
from tests.parity import hostile
from tests.parity.graph import Side, copy_lake, pair, whole
from tests.running_aws import BUCKET, RunningAws

from tributary.assets.retail.standin import make_retail_sample
from tributary.assets.social.standin.live import live_events
from tributary.aws_local.firehose import Firehose
from tributary.resources.lake.model import Lake
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings
from tributary.resources.stream import open_stream

EVENTS = 400
_SENT_AT_ONCE = 100
_DAYS = timedelta(days=3)


def settings_of(aws: RunningAws, server_url: str, home: Path) -> tuple[Settings, Settings]:
    """The profiles `local` and `aws` in one home, with the same databases on one server."""
    run = uuid4().hex[:8]
    shared = {"home": home, "postgres_url": server_url, "database_prefix": f"both_{run}_", "samples": True}
    local = Settings.model_validate(shared)
    other = Settings.model_validate(
        {
            **shared,
            "profile": "aws",
            "lake_url": f"s3://{BUCKET}/lake-{run}",
            "iceberg_warehouse": f"s3://{BUCKET}/tables-{run}",
            "collector_write_key": WRITE_KEY,
            "aws_endpoint_url": aws.server.url,
            "stream": f"events-{run}",
            "athena_poll_seconds": 0.1,
        }
    )
    return local, other


def collect(aws: RunningAws, settings: Settings, lake: Lake, events: int = EVENTS) -> tuple[str, str]:
    """Send events to a collector on Kinesis, wait for them in the lake, and tell the hours in which they came."""
    kinesis, now = aws.client("kinesis"), datetime.now(UTC)
    kinesis.create_stream(StreamName=settings.stream, ShardCount=2)
    messages = [
        {**message, "properties": {**message.get("properties", {}), "odd": hostile.TEXTS[number % len(hostile.TEXTS)]}}
        for number, (_, message) in enumerate(
            islice(live_events(7, now - _DAYS, rate=events / _DAYS.total_seconds()), events)
        )
    ]
    prefix = settings.lake_location.partition(f"{BUCKET}/")[2] + "/"
    with (
        Firehose(kinesis, aws.client("s3"), settings.stream, BUCKET, prefix, size=40_000),
        collecting(open_stream(settings, lake)) as url,
        httpx.Client(auth=(WRITE_KEY, "")) as client,
    ):
        for start in range(0, events, _SENT_AT_ONCE):
            answer = client.post(f"{url}/v1/batch", json={"batch": messages[start : start + _SENT_AT_ONCE]})
            assert answer.json() == {"success": True}
    return f"{now:%Y-%m-%d-%H}:00", f"{datetime.now(UTC):%Y-%m-%d-%H}:00"


@contextmanager
def some(aws: RunningAws, home: Path, server_url: str, targets: Collection[str]) -> Iterator[tuple[Side, Side]]:
    """Some assets of calendar, retail and social, with all that they are made of, on both sides."""
    local, other = settings_of(aws, server_url, home)
    make_retail_sample(home / "sample" / "retail", 0.001)
    hostile.put_retail(home / "sample" / "retail")
    with pair(local, other) as sides:
        hours = collect(aws, other, sides[1].lake)
        copy_lake(sides[1].lake, sides[0].lake)
        only = sides[0].upstream(targets)
        for side in sides:
            side.make("calendar", "retail", only=only)
            side.make("social", partitions=hours, only=only)
        yield sides


@contextmanager
def all_of_it(aws: RunningAws, home: Path, server_url: str) -> Iterator[tuple[Side, Side]]:
    """The whole graph on both sides, with rows that engines tell apart most easily."""
    local, other = settings_of(aws, server_url, home)
    with connect(local) as databases, whole(local, other, databases) as sides:
        yield sides
