"""What Dagster's operations take: told rightly of every document, whatever is tried."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dagster_graphql.schema import create_schema
from graphql import ExecutionContext, GraphQLSchema, OperationDefinitionNode, parse
from graphql.execution.collect_fields import collect_fields
from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.identity.dagster_rules import (
    MUTATIONS,
    QUERIES,
    RUNNING_CODE,
    SUBSCRIPTIONS,
    DagsterRules,
)
from tributary.identity.rules import Need, Refused, Request
from tributary.resources.gateway.graphql import DEEPEST, Unreadable, read_document
from tributary.resources.principal import Role

RULES = DagsterRules()


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """Dagster's own, as installed."""
    return create_schema().graphql_schema


def posted(body: object, kind: str = "application/json", path: str = "/graphql") -> Need:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return RULES.request(Request("POST", path, b"", kind, data))


def test_every_operation_of_dagster_was_looked_at(schema: GraphQLSchema) -> None:
    assert schema.mutation_type is not None
    assert schema.query_type is not None
    assert schema.subscription_type is not None
    assert schema.mutation_type.fields.keys() == MUTATIONS.keys()
    assert schema.query_type.fields.keys() == QUERIES - {"__schema", "__type", "__typename"}
    assert schema.subscription_type.fields.keys() == SUBSCRIPTIONS
    types: Any = schema.type_map
    known = {name for name, one in types.items() for field in getattr(one, "fields", ()) if field in RUNNING_CODE}
    assert known == {"DryRunInstigationTick", "Partition", "PartitionTagsAndConfig"}


@pytest.mark.parametrize(
    ("document", "role", "what"),
    [
        ("{ version }", Role.VIEWER, None),
        ("{ __schema { types { name } } __typename }", Role.VIEWER, None),
        ("mutation { launchRun { __typename } }", Role.OPERATOR, "launchRun"),
        ("mutation { nothing: wipeAssets { __typename } }", Role.ADMIN, "wipeAssets"),
        ("query A { version } mutation B { wipeAssets { __typename } }", Role.ADMIN, "wipeAssets"),
        ("mutation { ...F } fragment F on Mutation { ... { x: deleteRun { __typename } } }", Role.ADMIN, "deleteRun"),
        ("mutation { launchRun @skip(if: true) { a } terminateRun { a } }", Role.OPERATOR, "launchRun, terminateRun"),
        ("mutation { launchRun { a } ... on Mutation { setSensorCursor { a } } }", Role.ADMIN, None),
        ("{ sensorOrError { ... on Sensor { nextTick { evaluationResult { skipReason } } } } }", Role.OPERATOR, None),
    ],
)
def test_what_it_takes(document: str, role: Role, what: str | None) -> None:
    need = posted({"query": document, "operationName": "A"})
    assert need.role is role
    if what is not None:
        assert need.what == what
    assert (need.what is None) == (role is Role.VIEWER)


@pytest.mark.parametrize(
    "body",
    [
        {"query": "mutation { wipeEverything }"},
        {"query": "{ versions }"},
        {"query": "subscription { everything }"},
        {"query": "subscription { capturedLogs { stdout } }"},
        {"query": "{ ...F } fragment F on Query { ...F }"},
        {"query": "{ ...G }"},
        {"query": "fragment F on Query { version }"},
        {"query": "type Mutation { a: Int } { version }"},
        {"query": ""},
        {"query": None},
        {"query": ["{ version }"]},
        {"query": "{ version", "variables": {}},
        {"query": "{ version }", "variables": "{}"},
        {"query": "{ version }", "operationName": 1},
        {"id": "abc", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "00"}}},
        [{"query": "{ version }"}, {"query": "mutation { wipeAssets { a } }"}],
        "mutation { wipeAssets { a } }",
        7,
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"query": "{ version }", "variables": {"a": ' + b"[" * 100_000,
        {"query": "{" + " ".join(f"a{number}: version" for number in range(600)) + "}"},
        {"query": "{ a" * (DEEPEST + 1) + "}" * (DEEPEST + 1)},
        {"query": "{ a" * 5_000 + "}" * 5_000},
        {"query": "{ version }" + " " * 300_000},
        {"query": "{ " + "a " * 30_000 + "}"},
        {
            "query": "{ ...F0 } "
            + " ".join(f"fragment F{n} on Q {{ ...F{n + 1} ... {{ ...F{n + 1} }} }}" for n in range(30))
            + " fragment F30 on Q { version }"
        },
    ],
    ids=lambda body: repr(body)[:60],
)
def test_what_cannot_be_understood_or_is_not_known_is_refused(body: object) -> None:
    with pytest.raises(Refused):
        posted(body)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (Request("PUT", "/graphql", b"", "application/json", b"{}"), 405),
        (Request("POST", "/graphql", b"query={version}", "text/plain", b""), 415),
        (Request("GET", "/graphql", b"query=mutation{wipeAssets{a}}"), 405),
        (Request("HEAD", "/graphql", b"query=subscription{capturedLogs{a}}"), 405),
        (Request("GET", "/graphql", b"query={version}&query=mutation{wipeAssets{a}}"), 400),
        (Request("GET", "/graphql", b"query={version"), 400),
        (Request("POST", "/graphql/", b"", "application/json", b"{}"), 405),
        (Request("POST", "/anything"), 405),
        (Request("DELETE", "/runs/1"), 405),
        (Request("GET", "/graphql", b"query={sensorOrError{nextTick{evaluationResult{skipReason}}}}"), 405),
        (Request("GET", "/graphql", b"query={a:partitionSetOrError{...F}} fragment F on X{runConfigOrError}"), 405),
        (Request("GET", "/notebook", b"path=/etc/x.ipynb&repoLocName=tributary"), 404),
        (Request("GET", "/dagit/notebook"), 404),
    ],
)
def test_ways_that_are_no_ways(request_: Request, status: int) -> None:
    with pytest.raises(Refused) as refused:
        RULES.request(request_)
    assert refused.value.status == status


def test_what_is_handed_on_is_what_was_read() -> None:
    need = posted(b'{"query": "mutation { wipeAssets { a } }", "query": "{ version }", "variables": null, "x": 1}')
    assert need.role is Role.VIEWER
    assert json.loads(need.sent or b"") == {"query": "{ version }", "variables": None, "operationName": None}
    need = posted(b"mutation { launchRun { a } }", "application/graphql; application/json")
    assert json.loads(need.sent or b"")["query"] == "mutation { launchRun { a } }"
    assert need.role is Role.OPERATOR
    assert RULES.request(Request("POST", "/report_asset_materialization/a/b")).role is Role.ADMIN
    assert RULES.request(Request("GET", "/logs/x/stdout")) == Need(Role.VIEWER)


@pytest.mark.parametrize(
    ("message", "handed_on"),
    [
        ('{"type": "connection_init", "payload": {"a": 1}}', {"type": "connection_init"}),
        ('{"id": "1", "type": "stop", "more": 1}', {"id": "1", "type": "stop"}),
        (
            '{"id": "1", "type": "start", "payload": {"query": "subscription { capturedLogs { stdout } }"}}',
            {
                "id": "1",
                "type": "start",
                "payload": {
                    "query": "subscription { capturedLogs { stdout } }",
                    "variables": None,
                    "operationName": None,
                    "operation_name": None,
                },
            },
        ),
    ],
)
def test_messages_of_a_websocket(message: str, handed_on: object) -> None:
    need = RULES.message(message)
    assert need.role is Role.VIEWER
    assert json.loads(need.sent or b"") == handed_on


@pytest.mark.parametrize(
    "message",
    [
        "",
        "hello",
        b"\x00\x01",
        b'{"type": "connection_init"}',
        "[]",
        "{}",
        '{"type": "subscribe"}',
        '{"type": ["start"]}',
        '{"type": "start", "id": {"a": 1}}',
        '{"type": "start", "id": "1"}',
        '{"type": "start", "id": "1", "payload": {"query": "mutation { launchRun { a } }"}}',
        '{"type": "start", "id": "1", "payload": {"query": "{ version }"}}',
        '{"type": "start", "id": "1", "payload": {"query": "subscription { test } mutation { deleteRun }"}}',
        '{"type": "start", "id": "1", "payload": {"id": "persisted"}}',
        '{"type": "connection_init", "x": "' + "x" * 2_000_000 + '"}',
    ],
)
def test_messages_that_are_none_of_the_protocol_are_refused(message: str | bytes) -> None:
    with pytest.raises(Refused):
        RULES.message(message)


ROOTS = st.sampled_from([*sorted(MUTATIONS)])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A document of a mutation whose fields stand under aliases, in fragments, and in fragments of fragments."""
    fragments: list[str] = []

    def selection(depth: int) -> str:
        parts = []
        for _ in range(draw(st.integers(1, 3))):
            kind = draw(st.sampled_from(["field", "alias", "inline", "spread"] if depth else ["field", "alias"]))
            name = draw(ROOTS)
            if kind == "field":
                parts.append(f"{name} {{ __typename }}")
            elif kind == "alias":
                parts.append(f"version: {name} @include(if: true) {{ __typename }}")
            elif kind == "inline":
                parts.append(f"... {draw(st.sampled_from(['', 'on Mutation']))} {{ {selection(depth - 1)} }}")
            else:
                inner = selection(depth - 1)
                fragments.append(f"fragment F{len(fragments)} on Mutation {{ {inner} }}")
                parts.append(f"...F{len(fragments) - 1}")
        return " ".join(parts)

    return " ".join([f"mutation M {{ {selection(3)} }}", *fragments])


@given(documents())
@settings(max_examples=150, deadline=None)
def test_nothing_that_a_server_would_do_goes_unseen(schema: GraphQLSchema, document: str) -> None:
    """The oracle is graphql-core's own way from a document to the fields that it executes."""
    parsed = parse(document)
    context = ExecutionContext.build(schema, parsed)
    assert isinstance(context, ExecutionContext)
    assert isinstance(context.operation, OperationDefinitionNode)
    assert schema.mutation_type is not None
    collected = collect_fields(schema, context.fragments, {}, schema.mutation_type, context.operation.selection_set)
    executed = {node.name.value for nodes in collected.values() for node in nodes}
    try:
        asked = read_document(document)
    except Unreadable:
        return
    assert executed <= asked.mutations
    if len(asked.mutations) == len(executed):
        assert posted({"query": document}).role is max((MUTATIONS[one] for one in executed), key=list(Role).index)
