"""The compiled plans answer as graphql-core's own executor does, and refuse what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import GraphQLObjectType, execute_sync, get_named_type, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.assets.meetup.api.queries import BY_ID, BY_URLNAME, SEARCH_GROUPS
from tributary.assets.meetup.standin.execution import executed, schema
from tributary.assets.meetup.standin.root import Caps, Root
from tributary.assets.meetup.standin.world import World

WORLD = World(seed=3, groups=12)
ROOT = Root(WORLD, datetime(2021, 7, 1, tzinfo=UTC), Caps()).value()
URLNAME = WORLD.groups[0].urlname
GROUP_ID = WORLD.groups[0].id
BAY = {"query": "python", "lat": 37.77, "lon": -122.42, "radius": 60}


def _judged(text: str, variables: dict[str, Any]) -> dict[str, Any]:
    result = execute_sync(schema(), parse(text), ROOT, variable_values=variables)
    return dict(result.formatted)


def _everything(kind: GraphQLObjectType, depth: int) -> str:
    """A selection of every field down to a depth; arguments are left at their defaults."""
    parts = ["__typename"]
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if not isinstance(inner, GraphQLObjectType):
            parts.append(name)
        elif depth:
            parts.append(f"{name} {{ {_everything(inner, depth - 1)} }}")
    return " ".join(parts)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        (SEARCH_GROUPS.text, {"filter": BAY, "first": 3}),
        (BY_ID.group.text, {"id": GROUP_ID}),
        (BY_URLNAME.group.text, {"urlname": WORLD.groups[0].urlname}),
        (BY_ID.events.text, {"id": GROUP_ID, "filter": {"status": ["PAST", "CANCELLED"]}, "first": 50}),
        (BY_ID.events.text, {"id": GROUP_ID, "filter": {"afterDateTime": "2021-01-01T00:00:00Z"}, "first": 5}),
        ('{ a: group(id: "1200000") { id } b: group(id: "1207919") { id name ... on Group { city } } }', {}),
        ('{ group(id: "1200000") { stats { memberCounts { all } } stats { memberCounts { pending } } } }', {}),
        ('query Q($yes: Boolean!) { group(id: "1200000") { id name @include(if: $yes) } }', {"yes": False}),
        ("{ __schema { queryType { name } } __typename }", {}),
    ],
)
def test_answers_are_those_of_graphql_core(text: str, variables: dict[str, Any]) -> None:
    answer = executed(text, variables, None, ROOT)
    assert answer == _judged(text, variables)
    assert answer["data"]


@pytest.mark.parametrize("world_group", WORLD.groups[:4])
def test_every_field_of_the_schema_has_a_value_of_its_type(world_group: Any) -> None:
    kind = schema().type_map["Group"]
    assert isinstance(kind, GraphQLObjectType)
    text = f'{{ groupByUrlname(urlname: "{world_group.urlname}") {{ {_everything(kind, 5)} }} }}'
    judged = _judged(text, {})
    assert "errors" not in judged
    assert executed(text, {}, None, ROOT) == judged


@given(
    first=st.integers(1, 70),
    after=st.dates(datetime(2008, 1, 1).date(), datetime(2021, 12, 31).date()),  # noqa: DTZ001
    statuses=st.sets(st.sampled_from(["PAST", "ACTIVE", "CANCELLED", "CANCELLED_PERM"]), min_size=1),
    sort=st.sampled_from(["ASC", "DESC"]),
)
@settings(max_examples=25, deadline=None)
def test_pages_put_together_are_the_whole(first: int, after: Any, statuses: set[str], sort: str) -> None:
    text = """query Q($first: Int, $after: String, $filter: GroupEventFilter, $sort: SortOrder, $name: String!) {
      groupByUrlname(urlname: $name) { events(first: $first, after: $after, filter: $filter, sort: $sort) {
        totalCount pageInfo { hasNextPage endCursor } edges { cursor node { token dateTime status } } } } }"""
    begin = f"{after}T00:00:00Z"
    wanted = {"afterDateTime": begin, "status": sorted(statuses)}
    nodes: list[dict[str, Any]] = []
    cursor = None
    while True:
        variables = {"first": first, "after": cursor, "filter": wanted, "sort": sort, "name": URLNAME}
        page = executed(text, variables, None, ROOT)["data"]["groupByUrlname"]["events"]
        assert len(page["edges"]) <= min(first, 50)
        nodes += [edge["node"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        cursor = page["pageInfo"]["endCursor"]
    assert len({node["token"] for node in nodes}) == len(nodes) == page["totalCount"]
    starts = [datetime.fromisoformat(node["dateTime"]) for node in nodes]
    assert starts == sorted(starts, reverse=sort == "DESC")
    assert {node["status"] for node in nodes} <= statuses
    assert all(start > datetime.fromisoformat(begin) for start in starts)


@pytest.mark.parametrize(
    ("text", "variables", "code"),
    [
        ("{ group(id: 1) {", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ group(id: 1) { pastEvents } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("mutation { closeEventRsvps { id } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", {}, "BAD_REQUEST"),
        (BY_ID.group.text, {}, "BAD_USER_INPUT"),
        (BY_ID.events.text, {"id": GROUP_ID, "filter": {"status": ["GONE"]}, "first": 5}, "BAD_USER_INPUT"),
        (BY_ID.events.text, {"id": GROUP_ID, "filter": {"afterDateTime": "soon"}, "first": 5}, "BAD_USER_INPUT"),
        (BY_ID.events.text, {"id": GROUP_ID, "filter": {}, "first": -1}, "BAD_USER_INPUT"),
        (BY_ID.events.text, {"id": GROUP_ID, "filter": {}, "first": 5, "after": "xyz"}, "BAD_USER_INPUT"),
    ],
)
def test_what_is_wrong_is_refused_with_its_code(text: str, variables: dict[str, Any], code: str) -> None:
    answer = executed(text, variables, None, ROOT)
    assert answer.get("data") is None
    assert {error["extensions"]["code"] for error in answer["errors"]} == {code}
