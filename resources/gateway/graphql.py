"""What a GraphQL document would do, told by the language's own parser, and how large one may be.

All operations of a document count, not only the one that `operationName` chooses, and every field that a fragment
brings in, under whatever alias; `@skip` and `@include` are taken to leave nothing out. So what is told here is never
less than what a server would do.

A GET may only ask: GraphQL over HTTP forbids mutations there, as a link or a picture of any web page sends one. A POST
must say that it is JSON, which a page of another site cannot send without asking first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
)
from starlette.datastructures import QueryParams

CONTENT_TYPES = frozenset({"application/json", "application/graphql", "application/graphql+json"})
MOST_TOKENS = 20_000
MOST_CHARACTERS = 200_000
DEEPEST = 40
"""Levels of fields at most; the deepest question of Dagster's UI has less than half of it."""

MOST_FIELDS = 20_000
"""Fields at most once every fragment stands where it is named: fragments of fragments grow by powers."""

MOST_SIDE_BY_SIDE = 500
"""Fields of one selection at most: a server compares each with each other before it begins."""


class Unreadable(Exception):
    """A document that is not GraphQL, asks for nothing, or is larger than one may be; the text says which."""


@dataclass(frozen=True)
class Asked:
    """What a document asks for: the fields at the root of its operations, by kind, and the names of all fields."""

    queries: frozenset[str] = frozenset()
    mutations: frozenset[str] = frozenset()
    subscriptions: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()


@lru_cache(maxsize=256)
def read_document(text: str) -> Asked:
    """What a document asks for.

    Raises:
        Unreadable: it cannot be known, and so cannot be known to be harmless.
    """
    if len(text) > MOST_CHARACTERS:
        raise Unreadable(f"A GraphQL document has {MOST_CHARACTERS:,} characters here at most.")
    try:
        document = parse(text, no_location=True, max_tokens=MOST_TOKENS)
        return _Reading(document).asked()
    except GraphQLError as error:
        raise Unreadable(f"This is no GraphQL that can be read ({error.message}).") from None
    except RecursionError:
        raise Unreadable("This GraphQL is nested too deeply.") from None


def only_asks(query_string: bytes) -> bool:
    """Whether the operations in a URL's query are all queries; also where there is none.

    Every `query` of the URL counts: which of several a server takes is its own matter.
    """
    try:
        found = [read_document(text) for name, text in QueryParams(query_string).multi_items() if name == "query"]
    except Unreadable:
        return False
    return not any(one.mutations or one.subscriptions for one in found)


def is_json(content_type: str | None) -> bool:
    """Whether a body of this type is one that a GraphQL endpoint takes: by its essence, not by its parameters."""
    return content_type is not None and essence(content_type) in CONTENT_TYPES


def essence(content_type: str) -> str:
    """A media type without its parameters."""
    return content_type.partition(";")[0].strip().lower()


class _Reading:
    """One document being read."""

    def __init__(self, document: DocumentNode) -> None:
        self._operations: list[OperationDefinitionNode] = []
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._sizes: dict[str, tuple[int, int]] = {}
        self._open: set[str] = set()
        self._names: set[str] = set()
        for one in document.definitions:
            if isinstance(one, OperationDefinitionNode):
                self._operations.append(one)
            elif isinstance(one, FragmentDefinitionNode) and one.name.value not in self._fragments:
                self._fragments[one.name.value] = one
            else:
                raise Unreadable("A document holds operations here, and fragments of different names.")
        if not self._operations:
            raise Unreadable("The document holds no operation.")

    def asked(self) -> Asked:
        fields, _ = self._size([one.selection_set for one in self._operations], 0)
        if fields > MOST_FIELDS:
            raise Unreadable(f"A GraphQL document asks for {MOST_FIELDS:,} fields here at most.")
        queries, mutations, subscriptions = (frozenset(self._roots(kind)) for kind in OperationType)
        return Asked(queries, mutations, subscriptions, frozenset(self._names))

    def _roots(self, kind: OperationType) -> Iterator[str]:
        for operation in self._operations:
            if operation.operation is kind:
                yield from self._at(operation.selection_set)

    def _at(self, selections: SelectionSetNode) -> Iterator[str]:
        """The fields of a selection, with those that fragments bring into it; cycles were refused before."""
        for one in selections.selections:
            if isinstance(one, FieldNode):
                yield one.name.value
            elif isinstance(one, InlineFragmentNode):
                yield from self._at(one.selection_set)
            elif isinstance(one, FragmentSpreadNode):
                yield from self._at(self._fragments[one.name.value].selection_set)

    def _size(self, several: Iterable[SelectionSetNode], level: int) -> tuple[int, int]:
        """How many fields selections have with all their fragments, and how many levels of them."""
        if level > DEEPEST:
            raise Unreadable(f"A GraphQL document has {DEEPEST} levels here at most.")
        fields = depth = 0
        for selections in several:
            if len(selections.selections) > MOST_SIDE_BY_SIDE:
                raise Unreadable(f"One selection of a GraphQL document has {MOST_SIDE_BY_SIDE} fields here at most.")
            for one in selections.selections:
                more, deeper = self._size_of(one, level)
                fields, depth = fields + more, max(depth, deeper)
        if level + depth > DEEPEST:
            raise Unreadable(f"A GraphQL document has {DEEPEST} levels here at most.")
        return fields, depth

    def _size_of(self, one: object, level: int) -> tuple[int, int]:
        if isinstance(one, FieldNode):
            self._names.add(one.name.value)
            fields, depth = self._size([one.selection_set] if one.selection_set else [], level + 1)
            return fields + 1, depth + 1
        if isinstance(one, InlineFragmentNode):
            return self._size([one.selection_set], level + 1)
        if isinstance(one, FragmentSpreadNode):
            return self._size_of_fragment(one.name.value, level)
        raise Unreadable("The document selects what is neither a field nor a fragment.")

    def _size_of_fragment(self, name: str, level: int) -> tuple[int, int]:
        found = self._fragments.get(name)
        if found is None or name in self._open:
            raise Unreadable(f"The fragment {name} is missing, or holds itself.")
        if name not in self._sizes:
            self._open.add(name)
            self._sizes[name] = self._size([found.selection_set], level + 1)
            self._open.remove(name)
        fields, depth = self._sizes[name]
        if level + depth > DEEPEST or fields > MOST_FIELDS:
            raise Unreadable(f"A GraphQL document has {DEEPEST} levels and {MOST_FIELDS:,} fields here at most.")
        return fields, depth
