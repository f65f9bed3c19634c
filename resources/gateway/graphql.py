"""What a request to a GraphQL endpoint would do, told by the language's own parser.

A GET may only ask: GraphQL over HTTP forbids mutations there, as a link or a picture of any web page sends one. A POST
must say that it is JSON, which a page of another site cannot send without asking first.
"""

from __future__ import annotations

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.datastructures import QueryParams

CONTENT_TYPES = frozenset({"application/json", "application/graphql", "application/graphql+json"})
MOST_TOKENS = 20_000


def only_asks(query_string: bytes) -> bool:
    """Whether the operations in a URL's query are all queries; also where there is none.

    All operations of the document count, not only the one that `operationName` chooses, and every `query` of the URL:
    which of several a server takes is its own matter.
    """
    parameters = QueryParams(query_string)
    return all(_only_queries(text) for name, text in parameters.multi_items() if name == "query")


def is_json(content_type: str | None) -> bool:
    """Whether a body of this type is one that a GraphQL endpoint takes: by its essence, not by its parameters."""
    return content_type is not None and content_type.partition(";")[0].strip().lower() in CONTENT_TYPES


def _only_queries(text: str) -> bool:
    try:
        document = parse(text, no_location=True, max_tokens=MOST_TOKENS)
    except (GraphQLError, RecursionError):
        # What cannot be read cannot be known to be harmless.
        return False
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    return all(one.operation is OperationType.QUERY for one in operations)
