"""Dagster's web server as the platform serves it: the stock application, behind the gateway.

Run by the launcher as `python -m tributary.dagster_ui --port PORT --path-prefix PATH --workspace FILE --key FILE`. It
listens on loopback, or on `--host` where the web process is on another machine, and answers whom that names
(`tributary.identity.behind`); by `--direct` also whoever asks it there. The stock command offers no place for a layer
before it, so its few lines stand here.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import TracebackType

from dagster import DagsterError, DagsterInstance
from dagster_webserver.webserver import DagsterWebserver
from graphql import GraphQLError, GraphQLFormattedError
from starlette.applications import Starlette
from starlette.requests import HTTPConnection

from tributary.identity.behind import Behind
from tributary.identity.dagster_rules import GRAPHQL
from tributary.identity.signing import DAGSTER, key_in
from tributary.resources.dagster_internals.serving import (
    DagsterUserCodeProcessError,
    ErrorCapture,
    GraphenePythonError,
    PermissionResult,
    Permissions,
    SerializableErrorInfo,
    WorkspaceFileTarget,
    WorkspaceProcessContext,
    WorkspaceRequestContext,
    configure_loggers,
    setup_interrupt_handlers,
)
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.hosts import known_hosts
from tributary.resources.gateway.logs import described
from tributary.resources.gateway.serving import serve
from tributary.resources.principal import OWNER, Principal, Role, principal_of

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of a request: a backfill that names a hundred thousand partitions has less than two million."""

ADMIN = frozenset(
    {
        Permissions.DELETE_PIPELINE_RUN,
        Permissions.EDIT_APP_MANAGED_COMPONENTS,
        Permissions.EDIT_CONCURRENCY_LIMIT,
        Permissions.EDIT_DYNAMIC_PARTITIONS,
        Permissions.REFRESH_COMPONENT_STATE,
        Permissions.REPORT_RUNLESS_ASSET_EVENTS,
        Permissions.TOGGLE_AUTO_MATERIALIZE,
        Permissions.UPDATE_SENSOR_CURSOR,
        Permissions.WIPE_ASSETS,
    }
)
"""What only administrators may do, as Dagster names it; the UI shows it switched off to everybody else."""

_LOG = logging.getLogger(__name__)
_HOST = "127.0.0.1"
_STATEMENT_MS, _RECYCLE_SECONDS, _OVERFLOW = 15_000, 3_600, 20
_POLL_MS = 2_000


def policy_of(path_prefix: str, known: Sequence[str] = ()) -> Policy:
    """What Dagster's server allows, whoever asks; `known` are names that it has beside loopback's."""
    return Policy(
        known_hosts(known), graphql=frozenset({path_prefix + GRAPHQL}), largest_body=lambda _path: LARGEST_BODY
    )


class RequestContext(WorkspaceRequestContext):
    """What one request sees of the workspace, with the permissions of whoever asks."""

    principal: Principal = OWNER

    @property
    def permissions(self) -> Mapping[str, PermissionResult]:
        return {name: self._permitted(name, found) for name, found in super().permissions.items()}

    def permissions_for_location(self, *, location_name: str) -> Mapping[str, PermissionResult]:
        found = super().permissions_for_location(location_name=location_name)
        return {name: self._permitted(name, result) for name, result in found.items()}

    def _permitted(self, name: str, found: PermissionResult) -> PermissionResult:
        role = Role.ADMIN if name in ADMIN else Role.OPERATOR
        return found if self.principal.may(role) else PermissionResult(False, f"This is for the role {role}.")


class ProcessContext(WorkspaceProcessContext):
    """The workspace, seen by each request as its principal may see it."""

    def create_request_context(self, source: object | None = None) -> RequestContext:
        context = RequestContext(
            instance=self.instance,
            current_workspace=self.get_current_workspace(),
            process_context=self,
            version=self.version,
            source=source,
            read_only=False,
        )
        if isinstance(source, HTTPConnection):
            context.principal = principal_of(source.scope)
        return context


class WebServer(DagsterWebserver[ProcessContext, RequestContext]):
    """Dagster's, which tells nobody where in its code it failed, and on which values."""

    def handle_graphql_errors(self, errors: Sequence[GraphQLError]) -> list[GraphQLFormattedError]:
        """The errors as they are told: what is wrong with a document whole, of a failure its kind alone."""
        return [self._told(error) for error in errors]

    def _told(self, error: GraphQLError) -> GraphQLFormattedError:
        cause = error.original_error
        return error.formatted if cause is None else {**error.formatted, "message": _sentence(cause)}


def on_exception(exc_info: tuple[type[BaseException], BaseException, TracebackType]) -> GraphenePythonError:
    """What a failure is answered with: of a source's own code all of it, of Dagster's no more than a sentence."""
    cause = exc_info[1]
    if isinstance(cause, DagsterUserCodeProcessError):
        return ErrorCapture.default_on_exception(exc_info)
    told = SerializableErrorInfo(_sentence(cause), [], type(cause).__name__)
    return GraphenePythonError(told)  # type: ignore[no-untyped-call]


def _sentence(cause: BaseException) -> str:
    """Dagster's own words where it has them for people; other libraries' repeat values."""
    _LOG.error("GraphQL could not be answered:\n%s", described(cause))
    if isinstance(cause, DagsterError):
        return str(cause)
    return f"Dagster could not answer this ({type(cause).__name__}): its log webserver.log says where it failed."


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the UI and its GraphQL until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="tributary.dagster_ui", description=main.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path-prefix", required=True)
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--direct", action="store_true")
    parser.add_argument("--host", default=_HOST)
    parser.add_argument("--known", action="append", default=[], help="A name of it beside loopback's, as host:port.")
    given = parser.parse_args(arguments)
    configure_loggers(log_level="WARNING")
    setup_interrupt_handlers()
    ErrorCapture.on_exception = on_exception
    with DagsterInstance.get() as instance:
        instance.optimize_for_webserver(_STATEMENT_MS, _RECYCLE_SECONDS, _OVERFLOW)
        with ProcessContext(
            instance,
            version=version("dagster-webserver"),
            read_only=False,
            workspace_load_target=WorkspaceFileTarget(paths=[os.fspath(given.workspace)]),
        ) as context:
            prefix = given.path_prefix
            application = WebServer(context, prefix, _POLL_MS).create_asgi_app(lifespan=_lifespan)
            # What the launcher asks to see whether it is up tells versions and nothing else.
            known = frozenset({f"{prefix}/server_info"})
            behind = Behind(application, DAGSTER, key_in(given.key), known, direct=given.direct)
            serve(behind, policy_of(prefix, given.known), host=given.host, port=given.port, log_level="warning")


@contextlib.asynccontextmanager
async def _lifespan(_application: Starlette) -> AsyncIterator[None]:
    # The server cancels what waits here when it is ended, which is no error.
    with contextlib.suppress(asyncio.CancelledError):
        yield


if __name__ == "__main__":
    main()
