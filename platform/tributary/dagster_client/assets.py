"""How all assets are: their failing checks and failed runs, what they are out of date with, and their partitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tributary.dagster_client.asking import Asking, moment
from tributary.dagster_client.runs import Run, run_of

_NODES = """
query Assets {
  assetNodes {
    assetKey { path }
    groupName
    jobNames
    tags { key value }
    staleStatus
    staleCauses { key { path } reason }
    partitionStats { numMaterialized numFailed }
    assetPartitionStatuses {
      __typename
      ... on TimePartitionStatuses { ranges { startTime endTime status } }
    }
    assetChecksOrError {
      __typename
      ... on AssetChecks {
        checks {
          name
          executionForLatestMaterialization { status runId timestamp evaluation { severity } }
        }
      }
    }
  }
}
"""
_LATEST = """
query Latest($keys: [AssetKeyInput!]!) {
  assetsLatestInfo(assetKeys: $keys) {
    assetKey { path }
    inProgressRunIds
    unstartedRunIds
    latestMaterialization { timestamp runId }
    latestRun { runId jobName status creationTime startTime endTime }
  }
}
"""


_REFRESH = "refresh"
"""The tag that `assets.factory.following` gives."""


@dataclass(frozen=True)
class FailingCheck:
    """A check that fails on what was made last; `blocks` says whether it keeps rows from being published."""

    name: str
    blocks: bool
    run_id: str
    at: datetime


@dataclass(frozen=True)
class Span:
    """Partitions of time one after the other: from the beginning of the first to the end of the last."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Partitions:
    """Partitions of an asset: how many are made and how many failed, and of time, where those that are made lie."""

    made: int
    failed: int
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class AssetState:
    """How an asset is.

    Attributes:
        key: `layer.name`.
        group: the source whose it is.
        made_at: when it was last made; None where it never was.
        failed_run: the newest run that was to make it, where that failed before it did.
        is_awaited: whether a run that is to make it is queued or goes on.
        failing: its checks that fail.
        stale: what it is out of date with, by the key and in Dagster's words: itself where its code is another now.
        refresh: the pace at which it takes up changes, `hourly` and so on; empty where it does so at once.
        partitions: None where it has none.
        jobs: by which it can be made.
    """

    key: str
    group: str
    made_at: datetime | None
    failed_run: Run | None
    is_awaited: bool
    failing: tuple[FailingCheck, ...]
    stale: Mapping[str, str]
    refresh: str
    partitions: Partitions | None
    jobs: tuple[str, ...] = ()


def asset_states(dagster: Asking) -> list[AssetState]:
    """How all assets are, in the order of their keys.

    Raises:
        DagsterAway, DagsterRefused: it does not tell.
    """
    nodes = dagster.ask(_NODES, {}, {})["assetNodes"]
    keys = [{"path": node["assetKey"]["path"]} for node in nodes]
    latest = dagster.ask(_LATEST, {"keys": keys}, {})["assetsLatestInfo"]
    known = {_key(one["assetKey"]): one for one in latest}
    found = [_state(node, known.get(_key(node["assetKey"]), {})) for node in nodes]
    return sorted(found, key=lambda one: one.key)


def _state(node: Mapping[str, Any], latest: Mapping[str, Any]) -> AssetState:
    made, run = latest.get("latestMaterialization") or {}, latest.get("latestRun") or {}
    has_failed = run.get("status") == "FAILURE" and made.get("runId") != run["runId"]
    stale = node["staleCauses"] if node["staleStatus"] == "STALE" else ()
    return AssetState(
        key=_key(node["assetKey"]),
        group=node["groupName"] or "",
        # Dagster tells this one moment in milliseconds, as text.
        made_at=moment(float(made["timestamp"]) / 1000) if made else None,
        failed_run=run_of(run) if has_failed else None,
        is_awaited=bool(latest.get("inProgressRunIds") or latest.get("unstartedRunIds")),
        failing=tuple(_failing(node["assetChecksOrError"].get("checks", ()))),
        stale={_key(one["key"]): one["reason"] for one in stale},
        refresh=next((one["value"] for one in node["tags"] if one["key"] == _REFRESH), ""),
        partitions=_partitions(node),
        jobs=tuple(node["jobNames"]),
    )


def _failing(checks: list[Mapping[str, Any]]) -> list[FailingCheck]:
    found = []
    for check in checks:
        last = check["executionForLatestMaterialization"]
        if last is not None and last["status"] in ("FAILED", "EXECUTION_FAILED"):
            blocks = (last["evaluation"] or {}).get("severity") != "WARN"
            found.append(FailingCheck(check["name"], blocks, last["runId"], moment(last["timestamp"])))
    return found


def _partitions(node: Mapping[str, Any]) -> Partitions | None:
    stats = node["partitionStats"]
    if stats is None:
        return None
    spans = [
        Span(moment(one["startTime"]), moment(one["endTime"]))
        for one in node["assetPartitionStatuses"].get("ranges", ())
        if one["status"] == "MATERIALIZED"
    ]
    return Partitions(stats["numMaterialized"], stats["numFailed"], tuple(spans))


def _key(found: Mapping[str, Any]) -> str:
    return ".".join(found["path"])
