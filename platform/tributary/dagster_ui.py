"""Dagster's web server as the platform serves it: the stock application, behind the gateway.

Run by the launcher as `python -m tributary.dagster_ui --host HOST --port PORT --workspace FILE --allowed-hosts NAMES`.
The stock command offers no place for a layer before it, so its few lines stand here.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from importlib.metadata import version

from dagster import DagsterInstance
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.applications import Starlette

from tributary.resources.dagster_internals.serving import (
    WorkspaceFileTarget,
    WorkspaceProcessContext,
    configure_loggers,
    setup_interrupt_handlers,
)
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.hosts import known_hosts
from tributary.resources.gateway.serving import serve

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of a request: a backfill that names a hundred thousand partitions has less than two million."""

_STATEMENT_MS, _RECYCLE_SECONDS, _OVERFLOW = 15_000, 3_600, 20
_POLL_MS = 2_000


def policy_of(host: str, allowed_hosts: Sequence[str]) -> Policy:
    """What Dagster's server allows."""
    return Policy(
        hosts=known_hosts(allowed_hosts, host),
        graphql=frozenset({"/graphql"}),
        largest_body=lambda _path: LARGEST_BODY,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the UI and its GraphQL until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="tributary.dagster_ui", description=main.__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--allowed-hosts", default="")
    given = parser.parse_args(arguments)
    configure_loggers(log_level="WARNING")
    setup_interrupt_handlers()
    with DagsterInstance.get() as instance:
        instance.optimize_for_webserver(_STATEMENT_MS, _RECYCLE_SECONDS, _OVERFLOW)
        with WorkspaceProcessContext(
            instance,
            version=version("dagster-webserver"),
            read_only=False,
            workspace_load_target=WorkspaceFileTarget(paths=[os.fspath(given.workspace)]),
        ) as context:
            application = create_app_from_workspace_process_context(context, "", _POLL_MS, lifespan=_lifespan)
            policy = policy_of(given.host, [name for name in given.allowed_hosts.split(",") if name])
            options = {"host": given.host, "port": given.port, "log_level": "warning"}
            serve(application, policy, **options)


@contextlib.asynccontextmanager
async def _lifespan(_application: Starlette) -> AsyncIterator[None]:
    # The server cancels what waits here when it is ended, which is no error.
    with contextlib.suppress(asyncio.CancelledError):
        yield


if __name__ == "__main__":
    main()
