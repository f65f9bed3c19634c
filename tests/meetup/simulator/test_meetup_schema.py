"""The simulator's schema is a part of Meetup's, and every query of the client's is valid against both."""

from __future__ import annotations

import json

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    parse,
    validate,
)

from tributary.assets.meetup.api.queries import QUERIES, Query
from tributary.assets.meetup.standin.execution import schema
from tributary.resources.settings import PROJECT_ROOT

INTROSPECTION = PROJECT_ROOT.parent / "shared" / "data" / "meetup" / "introspection.json"


@pytest.fixture(scope="module")
def real() -> GraphQLSchema:
    """Meetup's own schema."""
    if not INTROSPECTION.is_file():
        pytest.skip(f"Meetup's schema is not at {INTROSPECTION}")
    found = json.loads(INTROSPECTION.read_text(encoding="utf-8"))
    return build_client_schema(found.get("data", found))


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.text.split("(")[0])
def test_queries_are_valid_against_the_real_schema(real: GraphQLSchema, query: Query) -> None:
    assert validate(real, parse(query.text)) == []


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.text.split("(")[0])
def test_queries_are_valid_against_the_simulators_schema(query: Query) -> None:
    assert validate(schema(), parse(query.text)) == []


def test_validation_finds_what_the_real_schema_does_not_have(real: GraphQLSchema) -> None:
    wrong = "query Q { groupByUrlname(urlname: 1) { pastEvents { count } } }"
    assert len(validate(real, parse(wrong))) == 2
    assert len(validate(schema(), parse(wrong))) == 2


def test_the_simulators_schema_is_a_part_of_the_real_one(real: GraphQLSchema) -> None:
    missing = []
    for name, kind in schema().type_map.items():
        if name.startswith("__"):
            continue
        known = real.type_map.get(name)
        if type(known) is not type(kind):
            missing.append(name)
        elif isinstance(kind, GraphQLEnumType) and isinstance(known, GraphQLEnumType):
            missing += [f"{name}.{value}" for value in kind.values if value not in known.values]
        elif isinstance(kind, GraphQLInputObjectType) and isinstance(known, GraphQLInputObjectType):
            missing += [
                f"{name}.{key}"
                for key, field in kind.fields.items()
                if key not in known.fields or str(known.fields[key].type) != str(field.type)
            ]
        elif isinstance(kind, GraphQLObjectType) and isinstance(known, GraphQLObjectType):
            for key, field in kind.fields.items():
                theirs = known.fields.get(key)
                if theirs is None or str(theirs.type) != str(field.type):
                    missing.append(f"{name}.{key}")
                    continue
                missing += [
                    f"{name}.{key}({argument})"
                    for argument, given in field.args.items()
                    if argument not in theirs.args or str(theirs.args[argument].type) != str(given.type)
                ]
    assert missing == []


def test_the_simulators_schema_asks_for_no_less_than_the_real_one(real: GraphQLSchema) -> None:
    """What the real API requires must be required here too, or a query could pass here alone."""
    lenient = []
    for name, kind in schema().type_map.items():
        known = real.type_map.get(name)
        if isinstance(kind, GraphQLInputObjectType) and isinstance(known, GraphQLInputObjectType):
            lenient += [
                f"{name}.{key}"
                for key, field in known.fields.items()
                if str(field.type).endswith("!") and key not in kind.fields
            ]
        if name.startswith("__") or not isinstance(kind, GraphQLObjectType):
            continue
        assert isinstance(known, GraphQLObjectType)
        for key, ours in kind.fields.items():
            required = {a for a, given in known.fields[key].args.items() if str(given.type).endswith("!")}
            lenient += [f"{name}.{key}({argument})" for argument in required - ours.args.keys()]
    assert lenient == []
