"""Compiled queries: a validated document turned into a tree that copies plain dicts, several times as fast as
graphql-core's executor, which could not serve the calls that a test or a backfill makes.

It knows what the platform's queries need. For directives and introspection there is no plan (`planned` gives None), and
graphql-core executes them; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)
from graphql.execution.values import get_argument_values

_TYPENAME = "__typename"


@dataclass(frozen=True, slots=True)
class _Step:
    """How one field of the answer, called `key` there and `name` in the source, is had.

    `takes` is its definition, where it takes arguments, which `node` holds; `inner` its own fields, None for a leaf.
    """

    key: str
    name: str
    takes: GraphQLField | None
    node: FieldNode
    inner: Plan | None


@dataclass(frozen=True, slots=True)
class Plan:
    """How a selection is had from a source of one type."""

    typename: str
    steps: tuple[_Step, ...]

    def run(self, source: Mapping[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """The answer for a source.

        Raises:
            GraphQLError: as a field's function does.
        """
        answer: dict[str, Any] = {}
        for step in self.steps:
            if step.name == _TYPENAME:
                answer[step.key] = self.typename
                continue
            value = source[step.name]
            if step.takes is not None and callable(value):
                value = value(None, **get_argument_values(step.takes, step.node, variables))
            inner = step.inner
            if inner is None or value is None:
                answer[step.key] = value
            elif isinstance(value, list):
                answer[step.key] = [inner.run(item, variables) for item in value]
            else:
                answer[step.key] = inner.run(value, variables)
        return answer


class _Unplannable(Exception):
    pass


def planned(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Plan | None:
    """The plan of a valid operation; None where only graphql-core can execute it."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    if schema.query_type is None:
        return None
    try:
        return _plan(schema.query_type, [operation.selection_set], fragments)
    except _Unplannable:
        return None


def _plan(
    kind: GraphQLObjectType, selections: list[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Plan:
    fields: dict[str, list[FieldNode]] = {}
    for selection in selections:
        _collect(selection, fragments, fields)
    return Plan(kind.name, tuple(_step(kind, key, nodes, fragments) for key, nodes in fields.items()))


def _collect(
    selection: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], fields: dict[str, list[FieldNode]]
) -> None:
    # No type here has interfaces, so that in a valid document every fragment fits where it stands.
    for node in selection.selections:
        if node.directives:
            raise _Unplannable
        if isinstance(node, FieldNode):
            fields.setdefault((node.alias or node.name).value, []).append(node)
        elif isinstance(node, InlineFragmentNode):
            _collect(node.selection_set, fragments, fields)
        elif isinstance(node, FragmentSpreadNode):
            _collect(fragments[node.name.value].selection_set, fragments, fields)


def _step(
    kind: GraphQLObjectType, key: str, nodes: list[FieldNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> _Step:
    name = nodes[0].name.value
    if name == _TYPENAME:
        return _Step(key, name, None, nodes[0], None)
    field = kind.fields.get(name)
    if field is None:
        raise _Unplannable
    selections = [node.selection_set for node in nodes if node.selection_set is not None]
    inner_kind = get_named_type(field.type)
    inner = _plan(inner_kind, selections, fragments) if isinstance(inner_kind, GraphQLObjectType) else None
    return _Step(key, name, field if field.args else None, nodes[0], inner)
