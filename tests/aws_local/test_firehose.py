"""What stands in for Firehose: gzip objects of a line a record, by the hour of arrival, and nothing lost on the way."""

from __future__ import annotations

import gzip
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from tributary.assets.sources import check_settings
from tributary.aws_local.firehose import Firehose
from tributary.aws_local.laptop import _settings_on
from tributary.aws_local.server import AwsLocal
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import get_settings, load_settings

pytestmark = pytest.mark.xdist_group("moto")


@pytest.fixture
def name(moto: str) -> str:
    """That of a stream with two shards, and of a bucket."""
    made = f"events-{uuid.uuid4().hex[:8]}"
    client(moto, "kinesis").create_stream(StreamName=made, ShardCount=2)
    client(moto, "s3").create_bucket(Bucket=made)
    return made


def client(url: str, service: str) -> Any:
    return boto3.client(service, endpoint_url=url, region_name="us-east-1")


def objects(url: str, bucket: str) -> dict[str, list[bytes]]:
    s3 = client(url, "s3")
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    bodies = {one["Key"]: s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in listed}
    return {key: gzip.decompress(body).splitlines(keepends=True) for key, body in bodies.items()}


def test_records_become_gzip_objects_of_lines_below_the_hour_of_their_arrival(moto: str, name: str) -> None:
    kinesis = client(moto, "kinesis")
    sent = [{"Data": json.dumps({"n": n, "text": "}{" * 50}).encode(), "PartitionKey": str(n)} for n in range(300)]
    before = datetime.now(UTC)
    with Firehose(kinesis, client(moto, "s3"), name, name, "lake/", size=10_000):
        for start in (0, 100, 200):
            kinesis.put_records(StreamName=name, Records=sent[start : start + 100])
    found = objects(moto, name)
    assert len(found) > 1
    assert sorted(line for lines in found.values() for line in lines) == sorted(one["Data"] + b"\n" for one in sent)
    hours = {f"lake/web-data/raw/{moment:%Y/%m/%d/%H}/{name}-1-" for moment in (before, datetime.now(UTC))}
    assert all(key.endswith(".gz") and key.startswith(tuple(hours)) for key in found)


def test_an_object_holds_records_of_one_hour(moto: str, name: str) -> None:
    firehose = Firehose(client(moto, "kinesis"), client(moto, "s3"), name, name)
    late = datetime(2026, 3, 1, 7, 59, 59, 999000, tzinfo=UTC)
    for at in (late, late + timedelta(milliseconds=1), late + timedelta(milliseconds=2)):
        firehose._take([{"Data": at.isoformat().encode(), "ApproximateArrivalTimestamp": at}])
    firehose._deliver()
    assert [len(lines) for lines in objects(moto, name).values()] == [1, 2]
    assert [key[:27] for key in objects(moto, name)] == ["web-data/raw/2026/03/01/07/", "web-data/raw/2026/03/01/08/"]


def test_a_bucket_that_is_away_holds_records_up_and_loses_none(moto: str, name: str) -> None:
    kinesis, s3 = client(moto, "kinesis"), client(moto, "s3")
    firehose = Firehose(kinesis, s3, name, f"{name}-later", seconds=0.0)
    kinesis.put_record(StreamName=name, Data=b"one", PartitionKey="a")
    with firehose:
        kinesis.put_record(StreamName=name, Data=b"two", PartitionKey="b")
        s3.create_bucket(Bucket=f"{name}-later")
    assert sorted(line for lines in objects(moto, f"{name}-later").values() for line in lines) == [b"one\n", b"two\n"]


@pytest.mark.usefixtures("moto")
def test_records_that_come_at_the_same_time_are_all_kept() -> None:
    """What moto alone does not: the stand-in's own server is asked."""
    with AwsLocal(lambda: "http://127.0.0.1:9") as server, ThreadPoolExecutor(8) as pool:
        kinesis = client(server.url, "kinesis")
        name = f"busy-{uuid.uuid4().hex[:8]}"
        kinesis.create_stream(StreamName=name, ShardCount=1)
        batches = [[{"Data": f"{b}-{n}".encode(), "PartitionKey": "k"} for n in range(50)] for b in range(40)]
        list(pool.map(lambda batch: kinesis.put_records(StreamName=name, Records=batch), batches))
        client(server.url, "s3").create_bucket(Bucket=name)
        with Firehose(kinesis, client(server.url, "s3"), name, name):
            pass
        found = [line for lines in objects(server.url, name).values() for line in lines]
    assert sorted(found) == sorted(one["Data"] + b"\n" for batch in batches for one in batch)


def test_the_platform_is_told_by_settings_alone_where_everything_is(
    moto: str, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client(moto, "secretsmanager").create_secret(Name="tributary/collector", SecretString="a-key")
    for variable, value in _settings_on(moto, databases, tmp_path).items():
        monkeypatch.setenv(variable, value)
    settings = load_settings(tmp_path / "none.env")
    get_settings.cache_clear()
    check_settings(tmp_path / "none.env")
    get_settings.cache_clear()
    assert (settings.warehouse, settings.iceberg_catalog, settings.stream_engine) == ("athena", "glue", "kinesis")
    assert settings.samples
    assert settings.collector_write_key.get_secret_value() == "a-key"
