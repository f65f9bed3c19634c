"""OpenLineage's schema of run events and of the facets that are sent, as far as it demands anything of them.

Facts are those of its specification (OpenLineage.json 2-0-2, and the facets' own files, at openlineage.io/spec).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema

TEXT = {"type": "string", "minLength": 1}
URI = {"type": "string", "format": "uri", "pattern": "^[a-z]+:"}


def _facet(*required: str, **properties: object) -> dict[str, Any]:
    own = {"_producer": URI, "_schemaURL": URI, **properties}
    return {"type": "object", "properties": own, "required": ["_producer", "_schemaURL", *required]}


def _object(*required: str, **properties: object) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def _facets(**known: object) -> dict[str, Any]:
    return {"type": "object", "properties": known, "additionalProperties": _facet()}


_LIST = {"type": "array"}
_TRANSFORMATION = _object("type", type={"enum": ["DIRECT", "INDIRECT"]}, subtype=TEXT, masking={"type": "boolean"})
_INPUT_FIELD = _object(
    "namespace", "name", "field", namespace=TEXT, name=TEXT, field=TEXT,
    transformations={**_LIST, "items": _TRANSFORMATION},
)  # fmt: skip
_COLUMNS = {
    "type": "object",
    "additionalProperties": _object("inputFields", inputFields={**_LIST, "items": _INPUT_FIELD}),
}
_SCHEMA_FIELD = _object("name", name=TEXT, type=TEXT, description={"type": "string"})
_ASSERTION = _object(
    "assertion",
    "success",
    assertion=TEXT,
    success={"type": "boolean"},
    column=TEXT,
    severity={"enum": ["error", "warn"]},
)
_DATASET = _facets(
    schema=_facet(fields={**_LIST, "items": _SCHEMA_FIELD}),
    columnLineage=_facet("fields", fields=_COLUMNS, dataset={**_LIST, "items": _INPUT_FIELD}),
    documentation=_facet("description", description={"type": "string"}),
)
_INPUTS = _facets(dataQualityAssertions=_facet("assertions", assertions={**_LIST, "items": _ASSERTION}))
_OUTPUTS = _facets(outputStatistics=_facet(rowCount={"type": "integer", "minimum": 0}))
_JOB_ID, _RUN_ID = _object("namespace", "name", namespace=TEXT, name=TEXT), _object("runId", runId={"format": "uuid"})
_RUN = _facets(
    parent=_facet("run", "job", run=_RUN_ID, job=_JOB_ID, root=_object("run", "job", run=_RUN_ID, job=_JOB_ID)),
    errorMessage=_facet("message", "programmingLanguage", message={"type": "string"}, programmingLanguage=TEXT),
    processing_engine=_facet("version", version=TEXT, name=TEXT),
)
_JOB = _facets(
    sql=_facet("query", query=TEXT, dialect=TEXT),
    jobType=_facet("processingType", "integration", processingType={"enum": ["BATCH", "STREAMING", "SERVICE"]}),
)
_UUID = {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
_NAMED = {"namespace": TEXT, "name": TEXT}
_INPUT = _object("namespace", "name", **_NAMED, facets=_DATASET, inputFacets=_INPUTS)
_OUTPUT = _object("namespace", "name", **_NAMED, facets=_DATASET, outputFacets=_OUTPUTS)
_MOMENT = {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$"}
RUN_EVENT = _object(
    *("eventTime", "producer", "schemaURL", "run", "job"),
    eventType={"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
    eventTime=_MOMENT,
    producer=URI,
    schemaURL=URI,
    run=_object("runId", runId=_UUID, facets=_RUN),
    job=_object("namespace", "name", **_NAMED, facets=_JOB),
    inputs={**_LIST, "items": _INPUT},
    outputs={**_LIST, "items": _OUTPUT},
)


def check(event: Mapping[str, Any]) -> None:
    """Refuse an event that is none."""
    jsonschema.validate(event, RUN_EVENT, format_checker=jsonschema.FormatChecker())
