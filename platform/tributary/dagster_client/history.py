"""How one asset has been: what each materialisation told, and what its checks found, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tributary.dagster_client.asking import Asking, moment

_HISTORY = """
query History($key: AssetKeyInput!, $limit: Int!) {
  assetNodeOrError(assetKey: $key) {
    __typename
    ... on AssetNode {
      assetMaterializations(limit: $limit) {
        runId timestamp partition
        metadataEntries {
          label
          ... on IntMetadataEntry { intValue }
          ... on FloatMetadataEntry { floatValue }
          ... on BoolMetadataEntry { boolValue }
        }
      }
    }
  }
}
"""
_CHECK = """
  c%d: assetCheckExecutions(assetKey: $key, checkName: $n%d, limit: $limit) {
    runId status timestamp
    evaluation { severity metadataEntries { label ... on IntMetadataEntry { intValue } } }
  }
"""


@dataclass(frozen=True)
class Made:
    """A materialisation, of a partition where it has a name.

    Attributes:
        rows: of the whole table after it; None where it told none, as for objects.
        size: bytes that the table took after it.
        seconds: that the write took.
        unchanged: whether the rows were left as they were.
    """

    at: datetime
    run_id: str
    partition: str
    rows: int | None
    size: int | None
    seconds: float | None
    unchanged: bool


@dataclass(frozen=True)
class Checked:
    """An evaluation of a check: whether it passed (None while it goes on), and on how many rows it failed."""

    at: datetime
    run_id: str
    passed: bool | None
    warns: bool
    failures: int | None


def materialisations(dagster: Asking, key: str, limit: int) -> list[Made]:
    """The newest materialisations of an asset, `layer.name`; none where it is not known.

    Raises:
        DagsterAway, DagsterRefused: it does not tell.
    """
    variables = {"key": {"path": key.split(".")}, "limit": limit}
    found = dagster.ask(_HISTORY, variables, {"assetNodeOrError": {"AssetNode", "AssetNotFoundError"}})
    return [_made(one) for one in found["assetNodeOrError"].get("assetMaterializations", ())]


def check_history(dagster: Asking, key: str, checks: Sequence[str], limit: int) -> dict[str, list[Checked]]:
    """The newest evaluations of each of some checks of an asset, `layer.name`.

    Raises:
        DagsterAway, DagsterRefused: it does not tell.
    """
    if not checks:
        return {}
    names = {f"n{index}": name for index, name in enumerate(checks)}
    asked = "".join(_CHECK % (index, index) for index in range(len(checks)))
    declared = "".join(f", ${name}: String!" for name in names)
    variables = {"key": {"path": key.split(".")}, "limit": limit, **names}
    found = dagster.ask(f"query Checks($key: AssetKeyInput!, $limit: Int!{declared}) {{{asked}}}", variables, {})
    return {name: [_checked(one) for one in found[f"c{index}"]] for index, name in enumerate(checks)}


def _made(one: Mapping[str, Any]) -> Made:
    told = {entry["label"]: entry for entry in one["metadataEntries"]}

    def number(label: str) -> Any:
        entry = told.get(label, {})
        return entry.get("intValue", entry.get("floatValue"))

    # Dagster tells this one moment in milliseconds, as text.
    at = moment(float(one["timestamp"]) / 1000)
    return Made(
        at=at,
        run_id=one["runId"],
        partition=one["partition"] or "",
        rows=number("dagster/row_count"),
        size=number("bytes"),
        seconds=number("seconds"),
        unchanged=bool(told.get("unchanged", {}).get("boolValue")),
    )


def _checked(one: Mapping[str, Any]) -> Checked:
    evaluation = one["evaluation"] or {"severity": "ERROR", "metadataEntries": ()}
    failures = [entry.get("intValue") for entry in evaluation["metadataEntries"] if entry["label"] == "failures"]
    return Checked(
        at=moment(one["timestamp"]),
        run_id=one["runId"],
        passed={"SUCCEEDED": True, "FAILED": False, "EXECUTION_FAILED": False}.get(one["status"]),
        warns=evaluation["severity"] == "WARN",
        failures=failures[0] if failures else None,
    )
