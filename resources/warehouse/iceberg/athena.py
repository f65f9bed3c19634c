"""Carries statements to Athena by its API, and follows them to their end.

Answers come by GetQueryResults where its texts are exact; else, and in bulk, as Parquet (`athena_unload`). What a
statement takes is told as Athena's own records have it.
"""

from __future__ import annotations

import os
import re
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import stamina

from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.iceberg import athena_unload
from tributary.resources.warehouse.iceberg.athena_results import columns_of, is_exact, pages
from tributary.resources.warehouse.iceberg.transport import (
    Result,
    ResultColumn,
    Spent,
    StatementError,
    Transport,
    UnreachableError,
    Usage,
)
from tributary.resources.warehouse.table import quoted

if TYPE_CHECKING:
    import pyarrow as pa

_QUERY = re.compile(r"\s*(SELECT|WITH|VALUES|\()", re.IGNORECASE)
_UNSIGNED = re.compile(r"\s*(CREATE|DROP|ALTER|SHOW|DESCRIBE|OPTIMIZE|VACUUM|UNLOAD)\b", re.IGNORECASE)
_FIRST_POLL, _SLOWER = 0.05, 1.5
_ATTEMPTS = 15
_PATIENCE = 300.0
_TOKEN = 128
_SCANNED_TOO_MUCH = "Bytes scanned limit"
SCAN_LIMIT = "SCAN_LIMIT"
"""The kind of a refusal of what scans too much."""


@dataclass(frozen=True)
class AthenaPlace:
    """Where Athena is asked, and how.

    `output` is the URL that answers are written below. `scan_limit` is the bytes that a statement may scan, None for
    no limit but the workgroup's. `poll` is the longest wait, in seconds, between two looks at a statement.
    """

    region: str
    workgroup: str
    output: str
    endpoint_url: str | None = None
    scan_limit: int | None = None
    poll: float = 0.5


class AthenaTransport(Transport):
    """Athena. `spent` is told of each statement; `statements` are given to it at a time by this process."""

    engine = "Athena"
    comments = False

    def __init__(self, place: AthenaPlace, statements: int = 8, spent: Spent | None = None) -> None:
        self._place = place
        self._room = threading.BoundedSemaphore(statements)
        self._spent = spent
        self._clients: dict[tuple[int, str], Any] = {}

    @contextmanager
    def run(self, sql: str, origin: Origin, *, seconds: float | None = None, worded: bool = False) -> Iterator[Result]:
        deadline = None if seconds is None else time.monotonic() + seconds
        with _refusals():
            done = self._ended(sql, origin, deadline)
            if not _QUERY.match(sql):
                yield Result((ResultColumn("rows", "bigint"),), iter([(self._updated(done),)]))
                return
            first, rest = pages(self._client("athena"), done["QueryExecutionId"], worded=worded)
            columns = columns_of(first)
            if worded or is_exact(columns):
                yield Result(columns, rest)
                return
            table = self._unloaded(sql, origin, deadline)
        if table is None:
            yield Result(columns, iter(()))
        else:
            yield Result(columns, athena_unload.rows(table))

    def bulk(self, sql: str, origin: Origin) -> pa.Table | None:
        """The rows of a query as Arrow, in its order; None where there are none, whose columns `run` tells.

        Raises:
            StatementError: it was refused or ended.
            UnreachableError: there is no engine.
        """
        with _refusals():
            return self._unloaded(sql, origin, None)

    def upkeep(self, name: str, *, compact: bool, days: int) -> list[str]:  # noqa: ARG002 - see below
        """As `Transport.upkeep`, but for `days`: VACUUM goes by the table's own vacuum_max_snapshot_age_seconds."""
        table = ".".join(map(quoted, name.split(".")))
        return [*([f"OPTIMIZE {table} REWRITE DATA USING BIN_PACK"] if compact else []), f"VACUUM {table}"]

    def _unloaded(self, sql: str, origin: Origin, deadline: float | None) -> pa.Table | None:
        # Its own words are no query's: the comment goes where it surely is let in.
        numbered = _signed(athena_unload.numbered(sql), origin)
        target = f"{self._place.output}/unload/{uuid.uuid4().hex}/"
        try:
            self._ended(f"UNLOAD ({numbered}\n) TO '{target}' WITH (format = 'PARQUET')", origin, deadline)
            return athena_unload.read(self._client("s3"), target)
        finally:
            athena_unload.remove(self._client("s3"), target)

    def _updated(self, done: Mapping[str, Any]) -> int:
        found = self._client("athena").get_query_results(QueryExecutionId=done["QueryExecutionId"])
        return int(found.get("UpdateCount") or 0)

    def _ended(self, sql: str, origin: Origin, deadline: float | None) -> Mapping[str, Any]:
        """The execution of a statement that succeeded; one that Athena has no room for is begun again."""
        for attempt in stamina.retry_context(on=_NoRoomError, attempts=None, timeout=_PATIENCE, wait_max=20):
            with attempt, self._room:
                return self._once(sql, origin, deadline)
        raise AssertionError  # pragma: no cover - the loop returns or raises

    def _once(self, sql: str, origin: Origin, deadline: float | None) -> Mapping[str, Any]:
        client = self._client("athena")
        name = client.start_query_execution(
            QueryString=_signed(sql, origin),
            ClientRequestToken="-".join(filter(None, (uuid.uuid4().hex, origin.run_id, origin.asset)))[:_TOKEN],
            QueryExecutionContext={"Catalog": "AwsDataCatalog"},
            WorkGroup=self._place.workgroup,
            ResultConfiguration={"OutputLocation": f"{self._place.output}/"},
        )["QueryExecutionId"]
        try:
            found = self._followed(client, name, deadline)
        except BaseException:
            # Also where the run is cancelled: Athena would work on, and be paid, for nobody.
            client.stop_query_execution(QueryExecutionId=name)
            self._tell(client.get_query_execution(QueryExecutionId=name)["QueryExecution"], origin)
            raise
        self._tell(found, origin)
        _refuse_failed(found)
        return found

    def _followed(self, client: Any, name: str, deadline: float | None) -> Mapping[str, Any]:
        wait, limit = _FIRST_POLL, self._place.scan_limit
        while True:
            found: Mapping[str, Any] = client.get_query_execution(QueryExecutionId=name)["QueryExecution"]
            if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return found
            if limit is not None and found.get("Statistics", {}).get("DataScannedInBytes", 0) > limit:
                raise StatementError(
                    f"it scanned more than the {limit:,} bytes of TRIBUTARY_ATHENA_SCAN_LIMIT and was stopped; read "
                    "less, or raise the limit",
                    SCAN_LIMIT,
                )
            if deadline is not None and time.monotonic() > deadline:
                raise StatementError("it took too long", "TIME_LIMIT", timed_out=True)
            time.sleep(min(wait, self._place.poll))
            wait *= _SLOWER

    def _tell(self, found: Mapping[str, Any], origin: Origin) -> None:
        if self._spent is None:
            return
        took = found.get("Statistics", {})
        queued = took.get("QueryQueueTimeInMillis", 0) / 1000
        ran = took.get("EngineExecutionTimeInMillis", 0) / 1000
        self._spent(origin, Usage(found["QueryExecutionId"], took.get("DataScannedInBytes", 0), queued, ran))

    def _client(self, service: str) -> Any:
        """A client of this process; one that was made before a fork would share its connections."""
        key = (os.getpid(), service)
        if key not in self._clients:
            import boto3
            from botocore.config import Config

            patient = Config(retries={"mode": "standard", "total_max_attempts": _ATTEMPTS})
            place = self._place
            self._clients[key] = boto3.client(
                service, region_name=place.region, endpoint_url=place.endpoint_url, config=patient
            )
        return self._clients[key]


class _NoRoomError(Exception):
    """Athena has no room for a statement now."""


def _refuse_failed(found: Mapping[str, Any]) -> None:
    status = found["Status"]
    if status["State"] == "SUCCEEDED":
        return
    reason = str(status.get("StateChangeReason", "") or f"it is {status['State'].lower()}")
    if _SCANNED_TOO_MUCH in reason:
        raise StatementError(
            f"it scanned more than the workgroup {found.get('WorkGroup', '')} allows and was stopped; read less, or "
            "raise its limit",
            SCAN_LIMIT,
        )
    if status.get("AthenaError", {}).get("Retryable"):
        raise _NoRoomError(reason)
    kind, _, words = reason.partition(": ")
    raise StatementError(words, kind) if words and kind.isupper() else StatementError(reason)


def _signed(sql: str, origin: Origin) -> str:
    """The statement with its run and asset behind it, where Athena's history shows them; DDL takes no comment."""
    named = " ".join(filter(None, (origin.asset, origin.run_id)))
    plain = "".join(character for character in named if character.isalnum() or character in "-_./ ")
    return sql if not plain or _UNSIGNED.match(sql) else f"{sql}\n-- tributary {plain}"


@contextmanager
def _refusals() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except _NoRoomError as error:
        raise StatementError(str(error), "NO_ROOM") from None
    except ClientError as error:
        found = error.response.get("Error", {})
        raise StatementError(str(found.get("Message", error)), str(found.get("Code", ""))) from None
    except BotoCoreError as error:
        raise UnreachableError(
            f"Athena cannot be reached ({type(error).__name__}); look at the credentials, TRIBUTARY_AWS_REGION and "
            "TRIBUTARY_AWS_ENDPOINT_URL."
        ) from None
