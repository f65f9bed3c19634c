"""A statement on its way: its state, what it has cost so far, and what it answered."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tributary.aws_local.results import Column, Row
from tributary.aws_local.statements import Statement
from tributary.aws_local.workgroups import Workgroup

State = Literal["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]

_SYSTEM, _USER, _OTHER = 1, 2, 3
_CATEGORIES = {"USER_ERROR": _USER, "INTERNAL_ERROR": _SYSTEM, "INSUFFICIENT_RESOURCES": _SYSTEM}


@dataclass(frozen=True)
class Fault:
    """Why a statement failed: Trino's name, kind and number of the error, and its words."""

    message: str
    kind: str = "USER_ERROR"
    code: int = 0

    def described(self) -> dict[str, Any]:
        """As GetQueryExecution describes it: 1 is a fault of the system, 2 of the user, 3 another."""
        return {
            "ErrorCategory": _CATEGORIES.get(self.kind, _OTHER),
            "ErrorType": self.code % 10_000,
            "Retryable": self.kind == "INSUFFICIENT_RESOURCES",
            "ErrorMessage": self.message,
        }


@dataclass
class Execution:
    """One statement. Times are seconds since the epoch; `stats` are Trino's, of what ran for it so far."""

    query: str
    statement: Statement
    workgroup: Workgroup
    context: Mapping[str, str]
    parameters: Sequence[str]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: State = "QUEUED"
    reason: str = ""
    fault: Fault | None = None
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    completed: float | None = None
    scanned: int = 0
    planned_ms: int = 0
    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    updated: int | None = None
    manifest: str = ""
    stopped: threading.Event = field(default_factory=threading.Event)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def output(self) -> str:
        """The URL of the object that holds the answer."""
        ending = {"SELECT": ".csv", "EXPLAIN": ".txt", "UNLOAD": ""}.get(self.statement.subtype, ".txt")
        return f"{self.workgroup.location}{self.id}{ending}"

    @property
    def is_over(self) -> bool:
        """Whether nothing changes any more."""
        return self.completed is not None

    def begin(self) -> bool:
        """Leave the queue; false where somebody stopped it there."""
        with self._turn:
            if self.completed is None:
                self.state, self.started = "RUNNING", time.time()
            return self.completed is None

    def end(self, state: State, reason: str = "", fault: Fault | None = None) -> None:
        """Come to an end, unless it has."""
        with self._turn:
            if self.completed is None:
                self.state, self.reason, self.fault, self.completed = state, reason, fault, time.time()

    def stop(self) -> None:
        """Cancel it; what it runs on notices soon."""
        self.end("CANCELLED", "Query cancelled by user")
        self.stopped.set()

    def described(self) -> dict[str, Any]:
        """As GetQueryExecution describes it."""
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.reason:
            status["StateChangeReason"] = self.reason
        if self.fault:
            status["AthenaError"] = self.fault.described()
        if self.completed:
            status["CompletionDateTime"] = self.completed
        more = {"ExecutionParameters": list(self.parameters)} if self.parameters else {}
        return {
            "QueryExecutionId": self.id,
            "Query": self.query,
            "StatementType": self.statement.type,
            "SubstatementType": self.statement.subtype,
            "ResultConfiguration": {"OutputLocation": self.output},
            "QueryExecutionContext": dict(self.context),
            "Status": status,
            "Statistics": self._statistics(),
            "WorkGroup": self.workgroup.name,
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
            **more,
        }

    def _statistics(self) -> dict[str, Any]:
        now = self.completed or time.time()
        started = self.started or now
        found = {
            "DataScannedInBytes": self.scanned,
            "TotalExecutionTimeInMillis": round((now - self.submitted) * 1000),
            "QueryQueueTimeInMillis": round((started - self.submitted) * 1000),
            "EngineExecutionTimeInMillis": round((now - started) * 1000),
            "QueryPlanningTimeInMillis": self.planned_ms,
            "ServiceProcessingTimeInMillis": 0,
        }
        return {**found, "DataManifestLocation": self.manifest} if self.manifest else found
