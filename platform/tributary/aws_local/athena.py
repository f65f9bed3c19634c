"""Athena's actions, as their clients call them: statements started, followed, stopped and read; the rest is moto's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import boto3

from tributary.aws_local.executions import Execution
from tributary.aws_local.protocol import AwsError
from tributary.aws_local.results import Row
from tributary.aws_local.running import run
from tributary.aws_local.statements import read_statement
from tributary.aws_local.throttle import Throttle
from tributary.aws_local.workgroups import PRIMARY, joined

SERVICE = "AmazonAthena"
CONCURRENCY = 3
"""Statements that run at the same time, others wait in the queue: what a Trino on two cores does well."""

_LARGEST_PAGE, _LISTED = 1_000, 50
_TOKEN_LENGTHS = range(32, 129)
_KEPT = 200
"""Executions whose rows are kept; of older ones the object in S3 remains."""

Action = Callable[[Mapping[str, Any]], dict[str, Any]]


class Athena:
    """Athena on the Trino at `trino_url`, with S3 and workgroups at `aws_url`."""

    def __init__(self, aws_url: str, region: str, trino_url: Callable[[], str], throttle: Throttle | None) -> None:
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": region}
        self._s3 = boto3.client("s3", endpoint_url=aws_url, **keys)
        self._workgroups = boto3.client("athena", endpoint_url=aws_url, **keys)
        self._trino_url, self._throttle = trino_url, throttle
        self._pool = ThreadPoolExecutor(CONCURRENCY, "athena")
        self._turn = threading.Lock()
        self._executions: dict[str, Execution] = {}
        self._tokens: dict[str, Execution] = {}
        self.actions: Mapping[str, Action] = {
            "StartQueryExecution": self._start,
            "GetQueryExecution": lambda asked: {"QueryExecution": self._found(asked).described()},
            "BatchGetQueryExecution": self._batch,
            "ListQueryExecutions": self._list,
            "StopQueryExecution": self._stop,
            "GetQueryResults": self._results,
        }

    def close(self) -> None:
        """Stop what runs."""
        for execution in self._executions.values():
            execution.stop()
        self._pool.shutdown(cancel_futures=True)

    def _start(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if self._throttle is not None and not self._throttle.passes():
            raise AwsError("TooManyRequestsException", "Rate exceeded", Reason="CONCURRENT_QUERY_LIMIT_EXCEEDED")
        token = asked.get("ClientRequestToken", "")
        if token and len(token) not in _TOKEN_LENGTHS:
            raise AwsError("InvalidRequestException", "clientRequestToken must have 32 to 128 characters")
        query, parameters = asked.get("QueryString", ""), asked.get("ExecutionParameters") or ()
        statement = read_statement(query)
        location = (asked.get("ResultConfiguration") or {}).get("OutputLocation", "")
        workgroup = joined(self._workgroups, asked.get("WorkGroup") or PRIMARY, location)
        context = asked.get("QueryExecutionContext") or {}
        made = Execution(query, statement, workgroup, context, parameters)
        with self._turn:
            before = self._tokens.setdefault(token, made) if token else made
            if before is made:
                self._executions[made.id] = made
        if before is not made:
            if (before.query, list(before.parameters)) != (query, list(parameters)):
                raise AwsError("InvalidRequestException", "Idempotent parameters do not match")
            return {"QueryExecutionId": before.id}
        self._forget_rows()
        self._pool.submit(run, made, self._trino_url(), self._s3)
        return {"QueryExecutionId": made.id}

    def _forget_rows(self) -> None:
        for execution in islice(self._executions.values(), max(0, len(self._executions) - _KEPT)):
            execution.rows = ()

    def _found(self, asked: Mapping[str, Any]) -> Execution:
        name = asked.get("QueryExecutionId", "")
        if name not in self._executions:
            raise AwsError("InvalidRequestException", f"QueryExecution {name} was not found")
        return self._executions[name]

    def _batch(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        names = asked.get("QueryExecutionIds") or []
        missing = [
            {"QueryExecutionId": name, "ErrorCode": "INVALID_QUERY_ID", "ErrorMessage": f"{name} was not found"}
            for name in names
            if name not in self._executions
        ]
        found = [self._executions[name].described() for name in names if name in self._executions]
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def _list(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        workgroup = asked.get("WorkGroup") or PRIMARY
        newest_first = [each.id for each in reversed(self._executions.values()) if each.workgroup.name == workgroup]
        page, more = _paged(newest_first, asked, _LISTED)
        return {"QueryExecutionIds": page, **more}

    def _stop(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self._found(asked).stop()
        return {}

    def _results(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        execution = self._found(asked)
        if execution.state != "SUCCEEDED":
            if not execution.is_over:
                raise AwsError(
                    "InvalidRequestException", f"Query has not yet finished. Current state: {execution.state}"
                )
            raise AwsError(
                "InvalidRequestException", f"Query did not finish successfully. Final query state: {execution.state}"
            )
        names: list[Row] = [[column.name for column in execution.columns]] if execution.statement.has_rows else []
        page, more = _paged([*names, *execution.rows], asked, _LARGEST_PAGE)
        rows = [{"Data": [{} if value is None else {"VarCharValue": value} for value in row]} for row in page]
        described = [column.described() for column in execution.columns]
        found: dict[str, Any] = {"ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": described}}, **more}
        return found if execution.updated is None else {**found, "UpdateCount": execution.updated}


def _paged(all_of_it: Sequence[Any], asked: Mapping[str, Any], most: int) -> tuple[Sequence[Any], dict[str, str]]:
    """The page that was asked for, and the token of the next one where there is one."""
    size = int(asked.get("MaxResults") or most)
    if not 0 < size <= most:
        raise AwsError("InvalidRequestException", f"MaxResults is more than maximum allowed length {most}.")
    token = str(asked.get("NextToken") or 0)
    if not token.isdecimal():
        raise AwsError("InvalidRequestException", "NextToken is not one of this query")
    start = int(token)
    page = all_of_it[start : start + size]
    return page, {"NextToken": str(start + size)} if start + size < len(all_of_it) else {}
