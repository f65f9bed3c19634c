"""Runs: launching and ending them, finding them again, and why one failed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tributary.dagster_client.asking import REPOSITORY, Asking, moment

_LAUNCH = """
mutation Launch($parameters: ExecutionParams!) {
  launchRun(executionParams: $parameters) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on InvalidSubsetError { message }
    ... on PipelineNotFoundError { message }
  }
}
"""
_ADD = """
mutation Add($repository: RepositorySelector!, $definition: String!, $key: String!) {
  addDynamicPartition(repositorySelector: $repository, partitionsDefName: $definition, partitionKey: $key) {
    __typename
    ... on PythonError { message }
    ... on UnauthorizedError { message }
  }
}
"""
_TERMINATE = """
mutation Terminate($runs: [String!]!) {
  terminateRuns(runIds: $runs, terminatePolicy: SAFE_TERMINATE) {
    __typename
    ... on TerminateRunsResult { terminateRunResults { __typename } }
    ... on PythonError { message }
  }
}
"""
_VERSION = """
query Version($asset: AssetKeyInput!) {
  assetNodeOrError(assetKey: $asset) { __typename ... on AssetNode { opVersion } }
}
"""
_RELOAD = """
mutation Reload($location: String!) {
  reloadRepositoryLocation(repositoryLocationName: $location) {
    __typename
    ... on ReloadNotSupported { message }
    ... on RepositoryLocationNotFound { message }
    ... on PythonError { message }
  }
}
"""
_RUNS = """
query Runs($filter: RunsFilter!, $limit: Int!) {
  runsOrError(filter: $filter, limit: $limit) {
    __typename
    ... on Runs { results { runId jobName status creationTime startTime endTime tags { key value } } }
    ... on PythonError { message }
    ... on InvalidPipelineRunsFilterError { message }
  }
}
"""
_EVENTS = """
query Events($run: ID!, $after: String) {
  logsForRun(runId: $run, afterCursor: $after) {
    __typename
    ... on EventConnection { hasMore cursor events { __typename ... on RunFailureEvent { message error { message } } } }
    ... on PythonError { message }
  }
}
"""


@dataclass(frozen=True)
class Run:
    """A run.

    Attributes:
        status: as Dagster names it, `SUCCESS`, `FAILURE`, `STARTED` and so on.
        ended: None while it goes on.
        tags: none where they were not asked for.
    """

    id: str
    job: str
    status: str
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """How long it ran; None where it has not ended, or never begun."""
        return (self.ended - self.started).total_seconds() if self.ended and self.started else None


def run_of(found: Mapping[str, Any]) -> Run:
    """A run as it was answered."""
    started, ended = (None if found[name] is None else moment(found[name]) for name in ("startTime", "endTime"))
    tags = {one["key"]: one["value"] for one in found.get("tags", ())}
    return Run(found["runId"], found["jobName"], found["status"], moment(found["creationTime"]), started, ended, tags)


class DagsterClient(Asking):
    """Dagster's server of a home, with what is done with runs; safe to use from several threads."""

    def add_partition(self, definition: str, key: str) -> None:
        """Add a key to dynamic partitions; one that is there stays.

        Raises:
            DagsterAway, DagsterRefused: it was not added, as far as is known.
        """
        variables = {"repository": REPOSITORY, "definition": definition, "key": key}
        good = {"AddDynamicPartitionSuccess", "DuplicateDynamicPartitionError"}
        self.ask(_ADD, variables, {"addDynamicPartition": good})

    def launch(
        self,
        job: str,
        assets: Collection[Sequence[str]] | None,
        tags: Mapping[str, str],
        config: Mapping[str, Any] | None = None,
    ) -> str:
        """Ask for a run of a job, of some of its assets where they are named; its id. A partition is a tag.

        Raises:
            DagsterAway: it does not answer; the run may have been launched.
            DagsterRefused: it was not launched.
        """
        selector: dict[str, Any] = {**REPOSITORY, "jobName": job}
        if assets is not None:
            selector["assetSelection"] = [{"path": list(path)} for path in assets]
        told = {"tags": [{"key": key, "value": value} for key, value in tags.items()]}
        parameters = {"selector": selector, "mode": "default", "executionMetadata": told}
        if config is not None:
            parameters["runConfigData"] = dict(config)
        found = self.ask(_LAUNCH, {"parameters": parameters}, {"launchRun": {"LaunchRunSuccess"}})
        return str(found["launchRun"]["run"]["runId"])

    def code_version(self, asset: Sequence[str]) -> str:
        """The code version of an asset in the definitions that Dagster has loaded; empty where they have none of it.

        Raises:
            DagsterAway, DagsterRefused: it does not tell.
        """
        good = {"AssetNode", "AssetNotFoundError"}
        found = self.ask(_VERSION, {"asset": {"path": list(asset)}}, {"assetNodeOrError": good})
        return str(found["assetNodeOrError"].get("opVersion") or "")

    def reload(self) -> None:
        """Have Dagster read the platform's definitions again, which takes seconds; runs that go on stay as they are.

        Raises:
            DagsterAway: it does not answer; it may do so all the same.
            DagsterRefused: it does not.
        """
        location = {"location": REPOSITORY["repositoryLocationName"]}
        self.ask(_RELOAD, location, {"reloadRepositoryLocation": {"WorkspaceLocationEntry"}})

    def terminate(self, run_id: str) -> None:
        """Ask a run to end, as Ctrl-C does; one that has ended stays as it is.

        Raises:
            DagsterAway, DagsterRefused: it was not asked.
        """
        self.ask(_TERMINATE, {"runs": [run_id]}, {"terminateRuns": {"TerminateRunsResult"}})

    def runs_with(self, tag: str, value: str) -> Mapping[str, str]:
        """The newest runs with a tag, and the status of each as Dagster names it.

        Raises:
            DagsterAway, DagsterRefused: it does not tell.
        """
        return {run.id: run.status for run in self.runs(20, tags={tag: value})}

    def runs(
        self,
        limit: int,
        *,
        tags: Mapping[str, str] | None = None,
        job: str = "",
        statuses: Sequence[str] = (),
        ids: Sequence[str] = (),
        since: datetime | None = None,
    ) -> list[Run]:
        """The newest runs, of all or of those with some tags or ids, of a job, in some states, created since then.

        Raises:
            DagsterAway, DagsterRefused: it does not tell.
        """
        wanted = {
            **({"tags": [{"key": key, "value": value} for key, value in tags.items()]} if tags else {}),
            **({"pipelineName": job} if job else {}),
            **({"statuses": list(statuses)} if statuses else {}),
            **({"runIds": list(ids)} if ids else {}),
            **({"createdAfter": since.timestamp()} if since else {}),
        }
        found = self.ask(_RUNS, {"filter": wanted, "limit": limit}, {"runsOrError": {"Runs"}})
        return [run_of(one) for one in found["runsOrError"]["results"]]

    def why_failed(self, run_id: str) -> str:
        """Why a run failed, in a sentence a step that failed; empty where it did not, or says nothing.

        Raises:
            DagsterAway, DagsterRefused: it does not tell.
        """
        after: str | None = None
        told = ""
        while True:
            variables = {"run": run_id, "after": after}
            found = self.ask(_EVENTS, variables, {"logsForRun": {"EventConnection", "RunNotFoundError"}})["logsForRun"]
            for event in found.get("events", ()):
                if event["__typename"] == "RunFailureEvent":
                    told = str((event["error"] or {}).get("message") or event["message"]).strip()
            if not found.get("hasMore"):
                return told
            after = found["cursor"]
