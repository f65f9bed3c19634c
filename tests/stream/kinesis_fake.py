"""A small Kinesis at the network's edge that refuses when it is told to: what no emulator does on demand."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.answering import begin

Refusal = Callable[[int, int], str | None]
"""From the number of the call and the place of a record in it to the error code of the record, or None."""


@dataclass
class FakeKinesis:
    """Takes PutRecords; `refuse` refuses records, `fail` (status and code) whole calls, both by the call's number."""

    refuse: Refusal = lambda _call, _place: None
    fail: Callable[[int], tuple[int, str] | None] = lambda _call: None
    gate: threading.Event = field(default_factory=threading.Event)
    calls: list[list[str]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        sent = [base64.b64decode(record["Data"]).decode() for record in request["Records"]]
        with self._lock:
            call = len(self.calls)
            self.calls.append(sent)
        self.arrived.set()
        self.gate.wait(20)
        failure = self.fail(call)
        if failure is not None:
            return failure[0], {"__type": failure[1], "message": "account 123456789012 is too fast"}
        results: list[dict[str, str]] = []
        for place, text in enumerate(sent):
            code = self.refuse(call, place)
            if code is None:
                with self._lock:
                    self.taken.append(text)
                results.append({"SequenceNumber": "1", "ShardId": "shardId-000000000000"})
            else:
                results.append({"ErrorCode": code, "ErrorMessage": "account 123456789012 is too fast"})
        return 200, {"FailedRecordCount": sum("ErrorCode" in result for result in results), "Records": results}


@contextmanager
def serving(fake: FakeKinesis) -> Iterator[FakeKinesis]:
    """Serve it on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content = fake.answer(json.loads(body))
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = begin(server)
    try:
        yield fake
    finally:
        fake.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()
