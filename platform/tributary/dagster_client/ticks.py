"""What acts by itself: sensors and schedules with their last tick, and the daemons with their sign of life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from tributary.dagster_client.asking import REPOSITORY, Asking, moment

_TICKS = """
query Ticks($repository: RepositorySelector!) {
  sensorsOrError(repositorySelector: $repository) {
    __typename
    ... on Sensors { results { name minIntervalSeconds sensorState { ...State } } }
    ... on PythonError { message }
  }
  schedulesOrError(repositorySelector: $repository) {
    __typename
    ... on Schedules { results { name cronSchedule executionTimezone scheduleState { ...State } } }
    ... on PythonError { message }
  }
  instance { daemonHealth { allDaemonStatuses { daemonType healthy required lastHeartbeatTime } } }
}
fragment State on InstigationState {
  status
  ticks(limit: 1) {
    timestamp endTimestamp status skipReason runIds requestedAssetMaterializationCount
    error { message }
  }
}
"""

_QUIET = timedelta(minutes=3)
"""For how long a daemon, which writes its sign of life twice a minute, may be quiet; Dagster gives it half an hour."""


@dataclass(frozen=True)
class Tick:
    """A tick: when it began, how it ended as Dagster names it, seconds that it took, and what it said."""

    at: datetime
    status: str
    seconds: float | None
    sentence: str

    @property
    def failed(self) -> bool:
        """Whether it failed."""
        return self.status == "FAILURE"


@dataclass(frozen=True)
class Ticker:
    """A sensor or schedule; `pace` says in words how often it ticks, and `last` is None where it never did.

    `every` is a sensor's interval; a schedule has none.
    """

    name: str
    kind: Literal["sensor", "schedule"]
    is_on: bool
    pace: str
    last: Tick | None
    every: timedelta | None = None


@dataclass(frozen=True)
class Daemon:
    """A daemon, and when it last gave a sign of life."""

    name: str
    is_well: bool
    heartbeat: datetime | None


@dataclass(frozen=True)
class Acting:
    """All that acts by itself."""

    tickers: tuple[Ticker, ...]
    daemons: tuple[Daemon, ...]


def acting(dagster: Asking) -> Acting:
    """The sensors, the schedules and the daemons.

    Raises:
        DagsterAway, DagsterRefused: it does not tell.
    """
    good = {"sensorsOrError": {"Sensors"}, "schedulesOrError": {"Schedules"}}
    found = dagster.ask(_TICKS, {"repository": REPOSITORY}, good)
    sensors = [
        replace(
            _ticker(one, "sensor", f"every {one['minIntervalSeconds']} s", one["sensorState"]),
            every=timedelta(seconds=one["minIntervalSeconds"]),
        )
        for one in found["sensorsOrError"]["results"]
    ]
    schedules = [
        _ticker(one, "schedule", f"{one['cronSchedule']} {one['executionTimezone'] or 'UTC'}", one["scheduleState"])
        for one in found["schedulesOrError"]["results"]
    ]
    daemons = tuple(_daemon(one) for one in found["instance"]["daemonHealth"]["allDaemonStatuses"] if one["required"])
    return Acting((*sensors, *schedules), daemons)


def _daemon(one: Mapping[str, Any]) -> Daemon:
    name = one["daemonType"].replace("_", " ").removesuffix(" DAEMON").capitalize()
    heartbeat = moment(one["lastHeartbeatTime"]) if one["lastHeartbeatTime"] else None
    is_quiet = heartbeat is None or datetime.now(UTC) - heartbeat > _QUIET
    return Daemon(name, bool(one["healthy"]) and not is_quiet, heartbeat)


def _ticker(one: Mapping[str, Any], kind: Literal["sensor", "schedule"], pace: str, state: Mapping[str, Any]) -> Ticker:
    last = _tick(state["ticks"][0]) if state["ticks"] else None
    return Ticker(one["name"], kind, state["status"] == "RUNNING", pace, last)


def _tick(one: Mapping[str, Any]) -> Tick:
    began, ended = one["timestamp"], one["endTimestamp"]
    if one["error"]:
        sentence = str(one["error"]["message"]).strip().rpartition("\n")[2]
    elif one["status"] == "SUCCESS":
        runs, made = len(one["runIds"]), one["requestedAssetMaterializationCount"]
        sentence = f"Asked for {runs} run{'s' if runs != 1 else ''}" + (f" of {made} assets." if made else ".")
    else:
        sentence = one["skipReason"] or ""
    return Tick(moment(began), one["status"], None if ended is None else ended - began, sentence)
