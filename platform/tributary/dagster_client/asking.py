"""How Dagster's server is asked a question of GraphQL, and what it means where there is no answer.

Whoever asks comes as the platform itself, with a word that is signed as the gateway's (`identity.signing`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from tributary.launcher.services import DAGSTER_PATH, KEPT_SECONDS, LOCATION
from tributary.resources.errors import TributaryError
from tributary.resources.principal import Principal, Role
from tributary.resources.settings import Settings

REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": LOCATION}
"""The definitions of the platform; `__repository__` is what Dagster calls those that name none."""

_PLATFORM = Principal("tributary", frozenset(Role))
_SECONDS, _SECONDS_TO_CONNECT = 20.0, 3.0


class DagsterAway(TributaryError):
    """Dagster's server does not answer, or not as it should; what was asked of it may have been done."""


class DagsterRefused(TributaryError):
    """Dagster's server answered that it does not do what was asked; nothing was done."""


class Asking:
    """Dagster's server of a home; safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        # All definitions, which each run loads, name this class; few runs ask.
        import httpx2

        from tributary.identity.signing import signing_key

        self._url = f"{settings.dagster_origin}{DAGSTER_PATH}/graphql"
        self._key = signing_key(settings.home)
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(_SECONDS, connect=_SECONDS_TO_CONNECT),
            limits=httpx2.Limits(keepalive_expiry=KEPT_SECONDS),
            trust_env=False,
        )

    def ask(self, query: str, variables: Mapping[str, Any], fields: Mapping[str, Collection[str]]) -> dict[str, Any]:
        """What a document's fields are answered with, by the fields' names.

        Args:
            query: the document.
            variables: of the document.
            fields: by each field whose answer is one of several types, the types that are no refusal.

        Raises:
            DagsterAway: it does not answer, or not all of it.
            DagsterRefused: it answers a field by another type, which says why.
        """
        import httpx2

        from tributary.identity.signing import DAGSTER, HEADER, signed

        headers = {HEADER.decode(): signed(_PLATFORM, DAGSTER, self._key).decode()}
        try:
            answer = self._client.post(self._url, json={"query": query, "variables": dict(variables)}, headers=headers)
            body = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise DagsterAway(
                f"Dagster's server does not answer ({type(error).__name__}); it is started again."
            ) from error
        found = body.get("data") if isinstance(body, dict) else None
        for field, good in fields.items():
            if not isinstance(found, dict) or not isinstance(found.get(field), dict):
                raise DagsterAway(f"Dagster's server answered {field} with status {answer.status_code} and no result.")
            if found[field]["__typename"] not in good:
                raise DagsterRefused(f"Dagster refused {field}: {_reason(found[field])}.")
        if not isinstance(found, dict) or body.get("errors"):
            raise DagsterAway(f"Dagster's server answered with status {answer.status_code} and no whole result.")
        return found

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


def moment(seconds: float) -> datetime:
    """A moment, of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def _reason(found: Mapping[str, Any]) -> str:
    told = found.get("message") or "; ".join(one["message"] for one in found.get("errors", ())) or found["__typename"]
    return str(told).strip().partition("\n")[0].rstrip(".")
