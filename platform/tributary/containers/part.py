"""One part of the platform as the only process of a container: it is held up from outside."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tributary.containers.signs import tell_signs
from tributary.identity.signing import place_key
from tributary.instance.configuration import write_configuration
from tributary.instance.opening import dagster_environment, open_instance
from tributary.launcher.services import (
    CODE_SERVER,
    DASHBOARD,
    WEB,
    WEB_SERVER,
    code_server_arguments,
    daemon_arguments,
    web_server_arguments,
    write_workspace,
)
from tributary.resources.dagster_internals import DAEMON_MODULE
from tributary.resources.errors import UsageError, nearest
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings, get_settings

_NO_END = 10 * 365 * 86_400
"""Seconds without a word after which the code server ends itself: never, as its clients come and go."""


def serve(part: str) -> None:
    """Become one part: `code-server`, `webserver`, `daemon`, `dashboard` or `web`.

    Raises:
        UsageError: there is no such part, or the settings do not say where the code server is.
        PostgresError: the databases cannot be had.
    """
    if part not in PARTS:
        raise UsageError(f"There is no part {part}{nearest(part, PARTS, f'; there are {_listed()}.')}")
    settings = get_settings()
    place_key(settings)
    with connect(settings) as databases:
        os.environ.update(dagster_environment(settings, databases))
        write_configuration(settings)
        module, arguments = PARTS[part](settings, databases)
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)


Call = tuple[str, tuple[str, ...]]
"""A module, and the arguments that it is run with."""


def _listed() -> str:
    return ", ".join(PARTS)


def _code_server(settings: Settings, _databases: Databases) -> Call:
    _name, port = _place(settings)
    return CODE_SERVER, code_server_arguments(("--host", settings.host, "--port", str(port)), heartbeat_ttl=_NO_END)


def _web_server(settings: Settings, _databases: Databases) -> Call:
    known = urlsplit(settings.dagster_url or "").netloc
    named = ("--known", known) if known else ()
    return WEB_SERVER, (*web_server_arguments(settings, _workspace(settings)), "--host", settings.host, *named)


def _daemon(settings: Settings, databases: Databases) -> Call:
    workspace = _workspace(settings)
    with open_instance(settings, databases):
        pass  # its tables are made, and assets that were renamed keep their records
    if settings.profile == "aws":
        tell_signs(databases.url("dagster"))
    return DAEMON_MODULE, daemon_arguments(workspace)


def _workspace(settings: Settings) -> Path:
    name, port = _place(settings)
    return write_workspace(settings.dagster_home, {"host": name, "port": port})


def _place(settings: Settings) -> tuple[str, int]:
    if settings.code_server is None:
        raise UsageError("Alone in a container, this part needs TRIBUTARY_CODE_SERVER, the code server's name:port.")
    name, _, port = settings.code_server.rpartition(":")
    return name, int(port)


PARTS: Mapping[str, Callable[[Settings, Databases], Call]] = {
    "code-server": _code_server,
    "webserver": _web_server,
    "daemon": _daemon,
    "dashboard": lambda _settings, _databases: (DASHBOARD, ()),
    "web": lambda _settings, _databases: (WEB, ()),
}
