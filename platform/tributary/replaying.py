"""Asks for rejected records to be read again, and tells what came of it; without Dagster.

The runs that it takes are known where the definitions are loaded: `automation.replay` has the job that launches them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tributary.dagster_client import DagsterClient
from tributary.dagster_client.runs import Run
from tributary.resources.errors import UsageError

JOB = "replay"
PART_OF = "tributary/replay_run"
"""The tag of the runs that a replay launched: the id of its own run."""

TABLE, BEFORE = "tributary/replay_of", "tributary/rejected_before"
"""The tags of a replay's own run: of which name the records were, and how many there were."""

_ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
_MOST_RUNS = 500


class NoSuchReplay(UsageError):
    """There is no replay of this id, or no record of it any more."""


@dataclass(frozen=True)
class Replay:
    """A replay.

    Attributes:
        run: that found out what to read again.
        table: the name under which the records were rejected.
        before: how many there were.
        runs: that read them again, oldest first.
        why: of each that failed why, by its id.
    """

    run: Run
    table: str
    before: int
    runs: Sequence[Run]
    why: dict[str, str]

    @property
    def goes_on(self) -> bool:
        """Whether a run of it is waiting or goes on."""
        return any(one.status not in _ENDED for one in (self.run, *self.runs))

    @property
    def failed(self) -> Sequence[Run]:
        """The runs that ended without success."""
        return [one for one in (self.run, *self.runs) if one.status in _ENDED - {"SUCCESS"}]


def ask_replay(dagster: DagsterClient, table: str, before: int, who: str) -> str:
    """Have what was rejected under a name read again; the id of the replay.

    Raises:
        DagsterAway, DagsterRefused: it was not asked for, as far as is known.
    """
    config = {"ops": {"launch_replays": {"config": {"table": table}}}}
    tags = {TABLE: table, BEFORE: str(before), "tributary/asked_by": who, "dagster/priority": "1"}
    return dagster.launch(JOB, None, tags, config)


def replay_of(dagster: DagsterClient, run_id: str) -> Replay:
    """What became of a replay so far.

    Raises:
        NoSuchReplay: it is not known.
        DagsterAway, DagsterRefused: Dagster does not tell.
    """
    found = dagster.runs(1, ids=[run_id], job=JOB)
    if not found:
        raise NoSuchReplay("There is no such replay, or its record was deleted as those of old runs are.")
    run = found[0]
    runs = dagster.runs(_MOST_RUNS, tags={PART_OF: run_id})[::-1]
    why = {one.id: dagster.why_failed(one.id) for one in (run, *runs) if one.status == "FAILURE"}
    return Replay(run, run.tags.get(TABLE, ""), int(run.tags.get(BEFORE, "0")), runs, why)


def replays(dagster: DagsterClient, limit: int) -> Sequence[Run]:
    """The newest replays; raises as `replay_of`."""
    return dagster.runs(limit, job=JOB)
