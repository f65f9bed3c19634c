"""Asks Dagster's own server, by its GraphQL, for runs: what processes without Dagster need of it, and nothing more.

It comes as the platform itself, with a word that is signed as the gateway's (`identity.signing`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import httpx2

from tributary.identity.signing import DAGSTER, HEADER, signed, signing_key
from tributary.launcher.services import DAGSTER_PATH, LOCATION
from tributary.resources.errors import TributaryError
from tributary.resources.principal import Principal, Role
from tributary.resources.settings import Settings

REPOSITORY = "__repository__"
"""What Dagster calls the repository of definitions that name none."""

_PLATFORM = Principal("tributary", frozenset(Role))
_SECONDS = httpx2.Timeout(20.0, connect=3.0)

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
_STATES = """
query States($filter: RunsFilter!, $limit: Int!) {
  runsOrError(filter: $filter, limit: $limit) {
    __typename
    ... on Runs { results { runId status } }
    ... on PythonError { message }
  }
}
"""


class DagsterAway(TributaryError):
    """Dagster's server does not answer, or not as it should; what was asked of it may have been done."""


class DagsterRefused(TributaryError):
    """Dagster's server answered that it does not do what was asked; nothing was done."""


class DagsterClient:
    """Dagster's server of a home; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.dagster_origin}{DAGSTER_PATH}/graphql"
        self._key = signing_key(settings.home)
        self._client = httpx2.Client(timeout=_SECONDS, trust_env=False)

    def add_partition(self, definition: str, key: str) -> None:
        """Add a key to dynamic partitions; one that is there stays.

        Raises:
            DagsterAway, DagsterRefused: it was not added, as far as is known.
        """
        repository = {"repositoryName": REPOSITORY, "repositoryLocationName": LOCATION}
        variables = {"repository": repository, "definition": definition, "key": key}
        self._ask(
            "addDynamicPartition", _ADD, variables, {"AddDynamicPartitionSuccess", "DuplicateDynamicPartitionError"}
        )

    def launch(self, job: str, assets: Collection[Sequence[str]], tags: Mapping[str, str]) -> str:
        """Ask for a run of some assets of a job; its id. A partition is a tag, as Dagster has it.

        Raises:
            DagsterAway: it does not answer; the run may have been launched.
            DagsterRefused: it was not launched.
        """
        selector = {
            "repositoryName": REPOSITORY,
            "repositoryLocationName": LOCATION,
            "jobName": job,
            "assetSelection": [{"path": list(path)} for path in assets],
        }
        told = {"tags": [{"key": key, "value": value} for key, value in tags.items()]}
        parameters = {"selector": selector, "mode": "default", "executionMetadata": told}
        found = self._ask("launchRun", _LAUNCH, {"parameters": parameters}, {"LaunchRunSuccess"})
        return str(found["run"]["runId"])

    def terminate(self, run_id: str) -> None:
        """Ask a run to end, as Ctrl-C does; one that has ended stays as it is.

        Raises:
            DagsterAway, DagsterRefused: it was not asked.
        """
        self._ask("terminateRuns", _TERMINATE, {"runs": [run_id]}, {"TerminateRunsResult"})

    def runs_with(self, tag: str, value: str) -> Mapping[str, str]:
        """The newest runs with a tag, and the status of each as Dagster names it.

        Raises:
            DagsterAway, DagsterRefused: it does not tell.
        """
        wanted = {"tags": [{"key": tag, "value": value}]}
        found = self._ask("runsOrError", _STATES, {"filter": wanted, "limit": 20}, {"Runs"})
        return {run["runId"]: run["status"] for run in found["results"]}

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _ask(self, field: str, query: str, variables: Mapping[str, Any], good: Collection[str]) -> dict[str, Any]:
        headers = {HEADER.decode(): signed(_PLATFORM, DAGSTER, self._key).decode()}
        try:
            answer = self._client.post(self._url, json={"query": query, "variables": dict(variables)}, headers=headers)
            body = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise DagsterAway(
                f"Dagster's server does not answer ({type(error).__name__}); it is started again."
            ) from error
        found = (body.get("data") or {}).get(field) if isinstance(body, dict) else None
        if not isinstance(found, dict):
            raise DagsterAway(f"Dagster's server answered {field} with status {answer.status_code} and no result.")
        if found["__typename"] not in good:
            raise DagsterRefused(f"Dagster refused {field}: {_reason(found)}.")
        return found


def _reason(found: Mapping[str, Any]) -> str:
    told = found.get("message") or "; ".join(one["message"] for one in found.get("errors", ())) or found["__typename"]
    return str(told).strip().partition("\n")[0].rstrip(".")
