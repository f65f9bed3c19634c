"""Executes GraphQL requests over a root: parse, validate, plan, run. Documents are prepared once and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from tributary.assets.meetup.standin.plans import Plan, planned

Payload = dict[str, Any]
"""A GraphQL answer: `data`, `errors`, or both."""


_CLASSIFICATIONS = {"GRAPHQL_PARSE_FAILED": "InvalidSyntax", "BAD_REQUEST": "BAD_REQUEST"}


@dataclass(frozen=True)
class Prepared:
    """A document that can be executed, or what is wrong with it."""

    document: DocumentNode
    operation: OperationDefinitionNode
    plan: Plan | None


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    """The schema that the simulator serves."""
    return build_schema((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8"))


def executed(text: str, variables: Mapping[str, Any] | None, operation_name: str | None, root: Any) -> Payload:
    """The answer to a request; `root` is a dict whose functions take `(info, **arguments)`."""
    prepared = _prepared(text, operation_name)
    if not isinstance(prepared, Prepared):
        return prepared
    if prepared.plan is None:
        result = execute_sync(
            schema(), prepared.document, root, variable_values=dict(variables or {}), operation_name=operation_name
        )
        return result.formatted  # type: ignore[return-value]
    definitions = prepared.operation.variable_definitions or ()
    coerced = get_variable_values(schema(), definitions, dict(variables or {}))
    if isinstance(coerced, list):
        return _refusal("BAD_USER_INPUT", coerced)
    try:
        return {"data": prepared.plan.run(root, coerced)}
    except GraphQLError as error:
        return {"errors": [error.formatted], "data": None}


@lru_cache(maxsize=256)
def _prepared(text: str, operation_name: str | None) -> Prepared | Payload:
    try:
        document = parse(text)
    except GraphQLError as error:
        return _refusal("GRAPHQL_PARSE_FAILED", [error])
    errors = validate(schema(), document)
    if errors:
        return _refusal("GRAPHQL_VALIDATION_FAILED", errors)
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        return _refusal("BAD_REQUEST", [GraphQLError("Must provide the name of one operation.")])
    if operation.operation is not OperationType.QUERY:
        # graphql-core finds nothing wrong with operations of a kind that the schema does not have at all.
        return _refusal("GRAPHQL_VALIDATION_FAILED", [GraphQLError("Only queries are served.")])
    return Prepared(document, operation, planned(schema(), document, operation))


def _refusal(code: str, errors: list[GraphQLError]) -> Payload:
    """What graphql-java says of a request that it does not execute, with Apollo's code beside its own word."""
    extensions = {"code": code, "classification": _CLASSIFICATIONS.get(code, "ValidationError")}
    return {"errors": [{**error.formatted, "extensions": extensions} for error in errors]}
