"""Segment's own Python library as a sender, pointed at the collector."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from segment.analytics.client import Client  # type: ignore[import-untyped]
from tests.collector.conftest import Served
from tests.collector.serving import WRITE_KEY, collecting, events, lake_of, stream_of


@pytest.mark.parametrize("gzip", [False, True])
def test_every_call_of_the_library_arrives_as_it_was_made(served: Served, gzip: bool) -> None:
    failures: list[Any] = []
    client = Client(WRITE_KEY, host=served.url, gzip=gzip, on_error=lambda error, _: failures.append(error))
    moment = datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC)
    client.identify("u1", {"username": "ada", "email": "ada@example.org"}, timestamp=moment)
    client.page(anonymous_id="a1", category="Docs", name="Start", properties={"path": "/"})
    client.screen("u1", None, "Feed")
    client.group("u1", "g1", {"name": "Walkers"})
    client.alias("a1", "u1")
    for number in range(1, 251):
        client.track(number, "Post Created", {"post_id": number, "body": "naïve 💧"}, message_id=f"m{number}")
    client.flush()
    client.shutdown()
    assert failures == []
    found = served.taken()
    assert len(found) == 255
    kinds = [event["type"] for event in found if event["type"] != "track"]
    assert sorted(kinds) == ["alias", "group", "identify", "page", "screen"]
    identify = next(event for event in found if event["type"] == "identify")
    assert identify["traits"] == {"username": "ada", "email": "ada@example.org"}
    assert identify["originalTimestamp"] == "2026-01-31T12:00:00.250+00:00"
    assert abs((datetime.fromisoformat(identify["timestamp"]) - moment).total_seconds()) < 10
    tracks = {event["messageId"]: event for event in found if event["type"] == "track"}
    assert set(tracks) == {f"m{number}" for number in range(1, 251)}
    assert all(
        event["properties"] == {"post_id": int(event["userId"]), "body": "naïve 💧"} for event in tracks.values()
    )
    assert {event["context"]["library"]["name"] for event in found} == {"analytics-python"}
    assert {event["channel"] for event in found} == {"server"}
    assert all(event["sentAt"] for event in found)


def test_the_library_learns_that_its_key_is_wrong(served: Served) -> None:
    failures: list[Any] = []
    client = Client("wrong", host=served.url, on_error=lambda error, _: failures.append(error))
    client.track("u1", "Post Created")
    client.flush()
    client.shutdown()
    assert [(failure.status, failure.code) for failure in failures] == [(401, "invalid_write_key")]
    assert served.taken() == []


def test_the_library_keeps_its_events_while_the_collector_cannot_take_them(tmp_path: Path) -> None:
    lake = lake_of(tmp_path)
    lake.put("web-data", b"in the way")
    stream = stream_of(tmp_path, buffer_bytes=1_000, backlog_bytes=3_000)
    failures: list[Any] = []
    with collecting(stream) as url:
        client = Client(
            WRITE_KEY, host=url, upload_size=1, upload_interval=0.01, on_error=lambda error, _: failures.append(error)
        )
        for number in range(12):
            client.track("u1", "Post Created", {"body": "x" * 500}, message_id=f"m{number}")
        time.sleep(1)
        assert client.queue.unfinished_tasks > 0
        Path(lake.url("web-data").removeprefix("file://")).unlink()
        client.flush()
        client.shutdown()
    assert failures == []
    assert sorted(event["messageId"] for event in events(tmp_path)) == sorted(f"m{number}" for number in range(12))
