"""What a lake in S3 does beyond the common: what failures mean, what they never tell, and strangers' objects."""

from __future__ import annotations

import logging
import socket
import struct
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from tests.answering import begin

from tributary.resources.lake import (
    Lake,
    LakeAccessError,
    LakeError,
    LakeKeyError,
    LakeLocationError,
    LakeUnavailableError,
    ObjectChangedError,
    open_lake,
)
from tributary.resources.lake.s3 import S3Lake


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDTELLTALE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "topsecret")


@pytest.fixture
def client() -> Iterator[Any]:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client(
        "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    yield client
    server.stop()


@pytest.fixture
def bucket(client: Any) -> str:
    # moto's servers in one process share their buckets.
    name = f"lake-{uuid.uuid4().hex}"
    client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def lake(client: Any, bucket: str) -> Lake:
    return at(client.meta.endpoint_url, f"s3://{bucket}")


def at(endpoint: str, location: str = "s3://lake") -> Lake:
    return open_lake(location, region="us-east-1", endpoint_url=endpoint)


def impatient(endpoint: str) -> Lake:
    return S3Lake("s3://lake", region="us-east-1", endpoint_url=endpoint, patience=timedelta(seconds=0.5))


class Answers:
    """A server that gives one and the same answer, and what it was asked."""

    status: int
    body: str

    def __init__(self) -> None:
        self.asked: list[str] = []
        answers = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answers.asked.append(self.path)
                self.send_response(answers.status)
                self.send_header("Content-Length", str(len(answers.body)))
                self.end_headers()
                self.wfile.write(answers.body.encode())

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.do_GET()

            def log_message(self, *_: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def answers() -> Iterator[Answers]:
    answers = Answers()
    begin(answers.server)
    yield answers
    answers.server.shutdown()
    answers.server.server_close()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "AccessDenied", LakeAccessError),
        (403, "InvalidAccessKeyId", LakeAccessError),
        (400, "ExpiredToken", LakeAccessError),
        (404, "NoSuchBucket", LakeLocationError),
        (301, "PermanentRedirect", LakeLocationError),
        (400, "RequestTimeout", LakeUnavailableError),
        (503, "SlowDown", LakeUnavailableError),
        (400, "InvalidRequest", LakeError),
    ],
)
def test_each_answer_has_its_error_and_none_tells_credentials(
    answers: Answers, status: int, code: str, kind: type[LakeError]
) -> None:
    answers.status = status
    answers.body = f"<Error><Code>{code}</Code><AWSAccessKeyId>AKIDTELLTALE</AWSAccessKeyId></Error>"
    for use in (lambda lake: lake.get("k"), lambda lake: list(lake.list("p/"))):
        with pytest.raises(LakeError) as caught:
            use(impatient(answers.url))
        assert type(caught.value) is kind
        assert caught.value.transient == (kind is LakeUnavailableError)
        assert "s3://lake/" in str(caught.value)
        assert code in str(caught.value)
        assert "TELLTALE" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


def test_no_server_is_transient() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        endpoint = f"http://127.0.0.1:{server.server_port}"
    with pytest.raises(LakeUnavailableError, match="s3://lake/k"):
        impatient(endpoint).get("k")


LISTED = """<ListBucketResult><Name>lake</Name><IsTruncated>false</IsTruncated><Contents><Key>p/k</Key><Size>2</Size>
<LastModified>2026-11-25T00:00:00Z</LastModified><ETag>"e"</ETag></Contents></ListBucketResult>"""


class Recovering:
    """A service that fails for some seconds in a way of its own, and then serves one object of two bytes."""

    def __init__(self, failure: int | str, seconds: float) -> None:
        self.asked = 0
        recovering, until = self, time.monotonic() + seconds

        class Handler(BaseHTTPRequestHandler):
            def answer(self, body: bytes) -> None:
                recovering.asked += 1
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status = 200
                if time.monotonic() < until:
                    if failure == "reset":
                        linger = struct.pack("ii", 1, 0)
                        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        self.request.shutdown(socket.SHUT_RD)
                        self.close_connection = True
                        return
                    status, body = int(failure), b"<Error><Code>SlowDown</Code></Error>"
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("ETag", '"e"')
                self.send_header("Last-Modified", "Wed, 25 Nov 2026 00:00:00 GMT")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def do_GET(self) -> None:
                self.answer(LISTED.encode() if "list-type" in self.path else b"ok")

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_PUT(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        begin(self.server)


USES: tuple[tuple[Callable[[Lake], object], object], ...] = (
    (lambda lake: lake.get("k"), b"ok"),
    (lambda lake: lake.put("k", b"ok").size, 2),
    (lambda lake: [info.key for info in lake.list("p/")], ["p/k"]),
)


def test_a_service_that_fails_for_seconds_is_asked_again() -> None:
    def used(failure: int | str, use: Callable[[Lake], object]) -> tuple[object, int]:
        service = Recovering(failure, 4.0)
        found = use(at(service.url))
        service.server.shutdown()
        service.server.server_close()
        return found, service.asked

    failures = (500, 502, 503, 429, "reset")
    with ThreadPoolExecutor(len(failures) * len(USES)) as pool:
        results = [(pool.submit(used, failure, use), wanted) for failure in failures for use, wanted in USES]
    for result, wanted in results:
        found, asked = result.result()
        assert found == wanted
        assert 2 < asked < 40


def test_a_missing_bucket_is_told_by_every_method(client: Any) -> None:
    lake = at(client.meta.endpoint_url, "s3://missing-bucket/x")
    for use in (lake.get, lake.head, lake.open, lambda key: lake.put(key, b""), lambda key: list(lake.list(key))):
        with pytest.raises(LakeLocationError, match="NoSuchBucket"):
            use("k")


def test_missing_credentials_are_told(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(LakeAccessError, match="credentials"):
        at(client.meta.endpoint_url).get("k")


def test_http_needs_an_http_endpoint_in_the_settings(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", client.meta.endpoint_url)
    lake = open_lake("s3://lake", region="us-east-1", endpoint_url=None)
    with pytest.raises(LakeLocationError, match="http://"):
        lake.get("k")


def test_the_endpoint_of_the_settings_wins_over_the_environment(
    client: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    at(client.meta.endpoint_url, f"s3://{bucket}").put("k", b"1")
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_an_object_replaced_while_it_is_read_is_told(lake: Lake) -> None:
    lake.put("k", b"old" * 1000)
    chunks = lake.open("k", chunk_size=10)
    next(chunks)
    lake.put("k", b"new" * 1000)
    with pytest.raises(ObjectChangedError) as caught:
        list(chunks)
    assert caught.value.transient


def test_hidden_objects_and_folder_markers_are_passed_over_and_impossible_keys_are_told(
    client: Any, bucket: str, lake: Lake
) -> None:
    for key in ("a/", "a/.spark/x", ".hidden", "a/empty"):
        client.put_object(Bucket=bucket, Key=key, Body=b"")
    assert [info.key for info in lake.list("")] == ["a/empty"]
    for key in ("a/b//c", "a/b\\c"):
        client.put_object(Bucket=bucket, Key=key, Body=b"x")
        with pytest.raises(LakeKeyError):
            list(lake.list("a/b"))
        client.delete_object(Bucket=bucket, Key=key)


def test_an_upload_that_fails_leaves_no_parts_behind(client: Any, bucket: str, lake: Lake) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(3):
            yield b"x" * 17 * 1024 * 1024
        raise RuntimeError("of the source")

    with pytest.raises(RuntimeError):
        lake.put("k", chunks())
    assert lake.head("k") is None
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)


def test_an_upload_that_is_refused_midway_stops_its_source(answers: Answers) -> None:
    answers.status, answers.body = 403, "<Error><Code>AccessDenied</Code></Error>"
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 1024 * 1024

    with pytest.raises(LakeAccessError):
        at(answers.url).put("k", endless())
    assert taken < 200


def test_urls_name_bucket_prefix_and_key_and_there_is_no_local_path(client: Any, bucket: str) -> None:
    lake = at(client.meta.endpoint_url, f"s3://{bucket}/some/prefix/")
    lake.put("a/b", b"1")
    assert lake.url("a/b") == f"s3://{bucket}/some/prefix/a/b"
    assert client.get_object(Bucket=bucket, Key="some/prefix/a/b")["Body"].read() == b"1"
    assert lake.local_path("a/b") is None


@pytest.mark.parametrize(
    ("prefix", "after", "directory", "start"),
    [
        ("web/", "web/2024/01/part-1", "base/web/", "base/web/2024/01/part-1"),
        ("web/", "web/2024/01/", "base/web/", "base/web/2024/01"),
        ("web/2024/1", None, "base/web/2024/", "base/web/2024/0\U0010fffd"),
        ("web/2024/1", "web/2024/05", "base/web/2024/", "base/web/2024/0\U0010fffd"),
        ("web/", "web/a//b", "base/web/", "base/web/a"),
        ("", None, "base/", None),
    ],
)
def test_a_listing_asks_s3_to_start_at_the_cursor_or_the_prefix(
    answers: Answers, prefix: str, after: str | None, directory: str, start: str | None
) -> None:
    answers.status, answers.body = 200, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    assert list(at(answers.url, "s3://lake/base").list(prefix, after=after)) == []
    (asked,) = answers.asked
    query = parse_qs(urlsplit(asked).query)
    assert query["prefix"] == [directory]
    assert query.get("start-after") == (None if start is None else [start])
