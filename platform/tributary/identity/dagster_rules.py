"""What requests to Dagster's web server take, operation by operation of its GraphQL.

What is on no list is refused: after an upgrade of Dagster, whose new operations a test tells, they are looked at first.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.datastructures import QueryParams

from tributary.identity.rules import Need, Refused, Request
from tributary.resources.gateway.decision import SAFE_METHODS
from tributary.resources.gateway.graphql import Asked, Unreadable, essence, read_document
from tributary.resources.principal import Role, highest

GRAPHQL = "/graphql"
REPORTS = ("/report_asset_materialization/", "/report_asset_check/", "/report_asset_observation/")
"""Paths by which scripts from outside tell of assets."""

NOTEBOOKS = frozenset({"/notebook", "/dagit/notebook"})
"""Paths that show any notebook on the disk by its name, with whatever scripts it has, as pages of this address."""

_OPERATOR = """
launchPipelineExecution launchRun launchMultipleRuns launchPipelineReexecution launchRunReexecution
launchPartitionBackfill resumePartitionBackfill reexecutePartitionBackfill cancelPartitionBackfill
terminatePipelineExecution terminateRun terminateRuns
startSchedule stopRunningSchedule resetSchedule startSensor stopSensor resetSensor sensorDryRun scheduleDryRun
reloadRepositoryLocation reloadWorkspace logTelemetry setNuxSeen
"""
_ADMIN = """
deletePipelineRun deleteRun wipeAssets reportRunlessAssetEvents reportAssetCheckEvaluations setSensorCursor
shutdownRepositoryLocation addDynamicPartition deleteDynamicPartitions setAppManagedComponent deleteAppManagedComponent
refreshComponentState setAutoMaterializePaused setConcurrencyLimit deleteConcurrencyLimit freeConcurrencySlotsForRun
freeConcurrencySlots
"""
MUTATIONS = {
    **dict.fromkeys(_OPERATOR.split(), Role.OPERATOR),
    **dict.fromkeys(_ADMIN.split(), Role.ADMIN),
}
SUBSCRIPTIONS = frozenset({"pipelineRunLogs", "capturedLogs", "locationStateChangeEvents"})
_QUERIES = """
version repositoriesOrError repositoryOrError workspaceOrError locationStatusesOrError workspaceLocationEntryOrError
pipelineOrError resourcesOrError pipelineSnapshotOrError graphOrError scheduler scheduleOrError schedulesOrError
topLevelResourceDetailsOrError allTopLevelResourceDetailsOrError utilizedEnvVarsOrError sensorOrError sensorsOrError
instigationStateOrError instigationStatesOrError partitionSetsOrError partitionSetOrError pipelineRunsOrError
pipelineRunOrError runsOrError runOrError runsFeedOrError runsFeedCountOrError runTagKeysOrError runTagsOrError
runIdsOrError runGroupOrError isPipelineConfigValid executionPlanOrError runConfigSchemaOrError instance assetsOrError
assetRecordsOrError assetOrError assetNodes assetNodeOrError assetNodeAdditionalRequiredKeys
assetNodeDefinitionCollisions partitionBackfillOrError assetBackfillPreview partitionBackfillsOrError permissions
canBulkTerminate assetsLatestInfo logsForRun capturedLogsMetadata capturedLogs shouldShowNux test
autoMaterializeAssetEvaluationsOrError truePartitionsForAutomationConditionEvaluationNode
autoMaterializeEvaluationsForEvaluationId assetConditionEvaluationForPartition assetConditionEvaluationRecordsOrError
assetConditionEvaluationsForEvaluationId autoMaterializeTicks assetCheckExecutions latestDefsStateInfo
appManagedComponentsForLocationOrError componentsForLocationOrError componentTypesForLocationOrError
__schema __type __typename
"""
QUERIES = frozenset(_QUERIES.split())
RUNNING_CODE = frozenset({"evaluationResult", "runConfigOrError", "tagsOrError"})
"""Fields of queries that run a sensor's, a schedule's or a partition's own code to be answered."""

_PARAMETERS = frozenset({"query", "variables", "operationName", "extensions"})
_LARGEST_MESSAGE = 1024 * 1024
_MESSAGES = frozenset({"connection_init", "connection_terminate", "stop", "start"})


class DagsterRules:
    """The rules of Dagster's web server."""

    def reads(self, request: Request) -> bool:
        return request.path == GRAPHQL and request.method == "POST"

    def request(self, request: Request) -> Need:
        if request.path == GRAPHQL:
            return _graphql(request)
        if request.path in NOTEBOOKS:
            raise Refused(404, "Notebooks are not shown here.")
        if request.method in SAFE_METHODS:
            return Need(Role.VIEWER)
        if request.method == "POST" and request.path.startswith(REPORTS):
            return Need(Role.ADMIN, request.path.split("/")[1])
        raise Refused(405, "Dagster's server takes nothing here.")

    def message(self, message: str | bytes) -> Need:
        """What a message of the protocol `graphql-ws` takes: every `start` is looked into, whatever was before."""
        told = _object(message if isinstance(message, str) and len(message) <= _LARGEST_MESSAGE else "")
        kind = told.get("type")
        if not isinstance(kind, str) or kind not in _MESSAGES or not isinstance(told.get("id", ""), str):
            raise Refused(400, "This is no message of the protocol graphql-ws.")
        if kind != "start":
            # Only what was understood goes on.
            return Need(Role.VIEWER, sent=_dumped({name: told[name] for name in ("id", "type") if name in told}))
        payload = told.get("payload")
        if not isinstance(payload, dict):
            raise Refused(400, "This message starts nothing.")
        asked, sent = _operation(payload)
        if asked.mutations or asked.queries:
            raise Refused(400, "Only subscriptions are taken over a websocket.")
        need = _need(asked)
        payload = {**sent, "operation_name": sent.get("operationName")}
        return Need(need.role, need.what, _dumped({"id": told.get("id"), "type": kind, "payload": payload}))


def _graphql(request: Request) -> Need:
    if request.method in SAFE_METHODS:
        return _by_get(request.query)
    if request.method != "POST":
        raise Refused(405, "GraphQL is taken by GET and POST.")
    kind = essence(request.content_type)
    if kind == "application/json":
        parameters = _object(request.body or b"")
    elif kind in ("application/graphql", "application/graphql+json"):
        parameters = {"query": _text(request.body or b"")}
    else:
        raise Refused(415, "GraphQL is taken as application/json only.")
    asked, sent = _operation(parameters)
    need = _need(asked)
    if asked.subscriptions:
        raise Refused(400, "Subscriptions are taken over a websocket only.")
    return Need(need.role, need.what, _dumped(sent))


def _by_get(query: bytes) -> Need:
    parameters = QueryParams(query)
    names = [name for name, _ in parameters.multi_items()]
    if any(names.count(name) > 1 for name in _PARAMETERS):
        raise Refused(400, "A parameter stands twice.")
    if "query" not in names:
        return Need(Role.VIEWER)
    asked, _ = _operation({"query": parameters["query"]})
    if asked.mutations or asked.subscriptions:
        raise Refused(405, "A GET can only carry queries: send everything else by POST.")
    need = _need(asked)
    if need.what is not None:
        raise Refused(405, "This runs code, which a link must not: send it by POST.")
    return need


def _operation(parameters: dict[str, Any]) -> tuple[Asked, dict[str, Any]]:
    """What an operation asks for, and its parameters as they are handed on."""
    document, variables, name = (parameters.get(key) for key in ("query", "variables", "operationName"))
    if not isinstance(document, str):
        raise Refused(400, "There is no GraphQL document here; stored ones and lists of several are not taken.")
    if not isinstance(variables, dict | None) or not isinstance(name, str | None):
        raise Refused(400, "The variables of GraphQL are an object, and the operation's name is a string.")
    try:
        asked = read_document(document)
    except Unreadable as error:
        raise Refused(400, str(error)) from None
    return asked, {"query": document, "variables": variables, "operationName": name}


def _need(asked: Asked) -> Need:
    unknown = sorted(
        {*(asked.queries - QUERIES), *(asked.mutations - MUTATIONS.keys()), *(asked.subscriptions - SUBSCRIPTIONS)}
    )
    if unknown:
        raise Refused(403, f"{', '.join(unknown)[:200]} is no operation of Dagster's that is known here.")
    if asked.mutations:
        role = highest(MUTATIONS[name] for name in asked.mutations) or Role.ADMIN
        return Need(role, ", ".join(sorted(asked.mutations)))
    if running := asked.fields & RUNNING_CODE:
        return Need(Role.OPERATOR, ", ".join(sorted(running)))
    return Need(Role.VIEWER)


def _object(data: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(_text(data) if isinstance(data, bytes) else data)
    except (ValueError, RecursionError):
        raise Refused(400, "This is no JSON that can be read.") from None
    if not isinstance(found, dict):
        raise Refused(400, "One operation is taken at a time, as an object of JSON.")
    return found


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused(400, "This is not UTF-8.") from None


def _dumped(found: dict[str, Any]) -> bytes:
    try:
        return json.dumps(found).encode()
    except RecursionError:
        raise Refused(400, "This JSON is nested too deeply.") from None
