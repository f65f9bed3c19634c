"""Runs an execution on Trino, and puts its answer into S3."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from trino.dbapi import Connection
from trino.exceptions import Error, TrinoQueryError

from tributary.aws_local.executions import Execution, Fault
from tributary.aws_local.results import Column, csv, worded
from tributary.aws_local.unload import UnloadError, run_unload

CATALOG = "awsdatacatalog"
"""Trino's catalogue of Glue's tables; Athena calls it AwsDataCatalog, and Trino knows names in small letters only."""

_SCAN_LIMIT = "EXCEEDED_SCAN_LIMIT"
_MAX_AGE = "vacuum_max_snapshot_age_seconds"
_FIVE_DAYS = 432_000


class Stopped(Exception):
    """Somebody asked for the end."""


class ScanLimit(Exception):
    """More was scanned than the workgroup allows."""


def run(execution: Execution, trino_url: str, s3: Any) -> None:
    """Run it to its end, whichever that is; `s3` is a client of boto3's."""
    if not execution.begin():
        return
    try:
        _Run(execution, trino_url, s3).all()
    except Stopped:
        execution.end("CANCELLED", "Query cancelled by user")
    except ScanLimit:
        execution.end("CANCELLED", "Bytes scanned limit was exceeded")
    except UnloadError as error:
        execution.end("FAILED", str(error), Fault(str(error)))
    except TrinoQueryError as error:
        message = f"{error.error_name}: {error.message}"
        if error.error_name == _SCAN_LIMIT:
            execution.end("CANCELLED", "Bytes scanned limit was exceeded")
        else:
            execution.end("FAILED", message, Fault(message, error.error_type or "", error.error_code or 0))
    except (Error, OSError) as error:
        message = f"GENERIC_INTERNAL_ERROR: {error}"
        execution.end("FAILED", message, Fault(message, "INTERNAL_ERROR"))
    finally:
        # What nothing above foresaw must not leave it running for ever; the fault itself is for the log.
        execution.end("FAILED", "GENERIC_INTERNAL_ERROR", Fault("GENERIC_INTERNAL_ERROR", "INTERNAL_ERROR"))


class _Run:
    """The statements of Trino's that one of Athena's takes, and their sums."""

    def __init__(self, execution: Execution, trino_url: str, s3: Any) -> None:
        self._execution, self._s3 = execution, s3
        self._address = urlsplit(trino_url)
        self._before = 0

    def all(self) -> None:
        """Run what is to be run, and put down the answer; the last thing is to say that it is there."""
        execution, statement = self._execution, self._execution.statement
        if statement.fault:
            execution.end("FAILED", statement.fault, Fault(statement.fault))
            return
        if statement.unload is not None:
            files = run_unload(statement.unload, self._s3, self._rows)
            execution.manifest = f"{execution.output}-manifest.csv"
            self._put(execution.manifest, "".join(f"{url}\n" for url in files).encode())
        elif statement.vacuumed:
            self._vacuum(statement.vacuumed)
        else:
            self._answer(statement.trino)
        execution.end("SUCCEEDED")

    def _answer(self, sql: str) -> None:
        execution = self._execution
        cursor = self._cursor(sql)
        rows = cursor.fetchall()
        if not execution.statement.has_rows and execution.statement.subtype != "SHOW":
            execution.updated = cursor.rowcount if cursor.rowcount >= 0 else None
            return
        columns = [Column(part[0], part[1]) for part in cursor.description or ()]
        execution.columns, execution.rows = columns, worded(rows, columns)
        self._put(execution.output, csv(columns, execution.rows))
        described = [column.described() for column in columns]
        self._put(f"{execution.output}.metadata", json.dumps(described).encode())

    def _vacuum(self, table: str) -> None:
        """What VACUUM does of Athena's: old snapshots go, and files that none names."""
        head, _, last = table.rpartition(".")
        properties = f'{head}{"." if head else ""}"{last.strip(chr(34))}$properties"'
        found = {str(key): str(value) for key, value in self._rows(f"SELECT key, value FROM {properties}")}
        age = f"{int(found.get(_MAX_AGE, _FIVE_DAYS))}s"
        for step in ("expire_snapshots", "remove_orphan_files"):
            sql = f"ALTER TABLE {table} EXECUTE {step}(retention_threshold => '{age}')"
            self._cursor(sql, {f"{CATALOG}.{step}_min_retention": "0s"})

    def _put(self, url: str, body: bytes) -> None:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        self._s3.put_object(Bucket=bucket, Key=key, Body=body)

    def _rows(self, sql: str) -> list[list[Any]]:
        return list(self._cursor(sql).fetchall())

    def _cursor(self, sql: str, properties: Mapping[str, str] = MappingProxyType({})) -> Any:
        """A cursor whose statement has begun to answer; its bytes count, and whoever stops the execution ends it."""
        execution = self._execution
        if execution.parameters and "?" in sql:
            text = sql.replace("'", "''")
            sql = f"EXECUTE IMMEDIATE '{text}' USING {', '.join(execution.parameters)}"

        def told(stats: Mapping[str, Any]) -> None:
            execution.scanned = self._before + int(stats.get("physicalInputBytes") or 0)
            execution.planned_ms = int(stats.get("planningTimeMillis") or 0)
            if execution.stopped.is_set():
                raise Stopped
            if execution.workgroup.cutoff and execution.scanned > execution.workgroup.cutoff:
                raise ScanLimit

        # One writer: Trino counts partitions for each, Athena for the statement.
        limit = {"task_max_writer_count": "1", "task_min_writer_count": "1"}
        if cutoff := execution.workgroup.cutoff:
            limit["query_max_scan_physical_bytes"] = f"{cutoff}B"
        connection = Connection(
            host=self._address.hostname or "",
            port=self._address.port,
            http_scheme=self._address.scheme,
            user="athena",
            source=execution.id,
            catalog=CATALOG,
            schema=execution.context.get("Database") or None,
            session_properties={**limit, **properties},
            legacy_primitive_types=True,
        )
        cursor = connection.cursor(stats_callback=told)
        try:
            cursor.execute(sql)
        except (Stopped, ScanLimit):
            cursor.cancel()
            raise
        finally:
            self._before = execution.scanned
        return cursor
