"""The processes of `tributary up`: Dagster's three, the web process, the dashboard, the sources'."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tributary.instance.configuration import URL_VARIABLE
from tributary.launcher.errors import LauncherError
from tributary.launcher.probes import code_server, heartbeats, http
from tributary.launcher.process import ProcessSpec
from tributary.resources.dagster_internals import DAEMON_MODULE, DAEMON_PRELOAD

if TYPE_CHECKING:
    from tributary.assets.services import Process
    from tributary.resources.settings import Settings

CODE_SERVER, WEB_SERVER, WEB, DASHBOARD = "dagster", "tributary.dagster_ui", "tributary.web", "tributary.dashboard"
"""The modules of the processes, beside the daemon's (`DAEMON_MODULE`)."""

DEFINITIONS = "tributary.definitions"
LOCATION = "tributary"
"""The name of the code location in the UI."""

DAGSTER_PATH = "/dagster"
"""Where the UI is, below the one address."""

DASHBOARD_PATH = "/dashboard"
"""Where the dashboard is, below the one address."""

KEPT_SECONDS = 3.0
"""How long who asks the UI or the dashboard keeps a connection without a request: they end it after 5 (uvicorn), maybe
at the moment at which it is used."""

SHARED = (
    "tributary.instance.pooled_storage",
    "tributary.resources.gateway.serving",
    "tributary.identity.behind",
    "tributary.assets.sources",
    "msgspec.json",
    "psycopg",
    "graphql",
)
"""What most of the processes import: Dagster with its storage, and what serves HTTP."""

_LONGEST_SOCKET = 100


def ready_url(settings: Settings) -> str:
    """What answers as soon as the UI does."""
    return f"{settings.dagster_origin}{DAGSTER_PATH}/server_info"


def dagster_processes(
    settings: Settings,
    environment: Mapping[str, str],
    definitions: str = DEFINITIONS,
) -> list[ProcessSpec]:
    """The three processes, to be started together.

    The definitions are loaded once, by the code server; it can reload them when asked in the UI. The others import
    Dagster meanwhile and go on when the code server answers.

    Args:
        settings: where to bind and where the logs and sockets are.
        environment: what the processes need to find Dagster's instance (`dagster_environment`).
        definitions: the module that holds the `Definitions`.

    Raises:
        LauncherError: when no private folder can be had for the code server's socket.
    """
    socket = _socket_folder(settings.home) / "code.sock"
    socket.unlink(missing_ok=True)
    workspace = write_workspace(settings.dagster_home, {"socket": str(socket)})
    code = ProcessSpec(
        name="code-server",
        module="tributary.code_server",
        arguments=(str(socket), definitions, LOCATION),
        environment=environment,
        probe=code_server(f"unix:{socket}"),
    )
    web = ProcessSpec(
        name="webserver",
        module=WEB_SERVER,
        arguments=(*web_server_arguments(settings, workspace), *(["--direct"] if settings.direct_ports else [])),
        environment=environment,
        wait_for=socket,
        preload=("dagster_webserver.app",),
        probe=http(ready_url(settings)),
    )
    daemon = ProcessSpec(
        name="daemon",
        module=DAEMON_MODULE,
        arguments=daemon_arguments(workspace),
        environment=environment,
        wait_for=socket,
        preload=(DAEMON_PRELOAD,),
        probe=heartbeats(environment[URL_VARIABLE]),
    )
    return [code, web, daemon]


def code_server_arguments(where: Sequence[str], heartbeat_ttl: int) -> tuple[str, ...]:
    """How Dagster's own code server is called: `where` it listens, in its own words."""
    return (
        *("code-server", "start", *where, "--module-name", DEFINITIONS),
        *("--location-name", LOCATION, "--use-python-environment-entry-point", "--log-level", "warning"),
        # The process inside ends itself when it hears nothing for so long, as after a sleep of the machine.
        *("--heartbeat-ttl", str(heartbeat_ttl)),
    )


def web_server_arguments(settings: Settings, workspace: Path) -> tuple[str, ...]:
    """How Dagster's web server is called."""
    return (
        *("--port", str(settings.dagster_port), "--path-prefix", DAGSTER_PATH, "--workspace", str(workspace)),
        *("--key", str(settings.home / "principal-key")),
    )


def daemon_arguments(workspace: Path) -> tuple[str, ...]:
    """How Dagster's daemon is called."""
    return ("run", "--workspace", str(workspace), "--log-level", "info")


def web_process(settings: Settings) -> ProcessSpec:
    """The web process: collector, forms and front page."""
    return ProcessSpec(name="web", module=WEB, probe=http(health_url(settings)))


def dashboard_process(settings: Settings) -> ProcessSpec:
    """The dashboard's server, without which all else goes on."""
    ready = f"{settings.dashboard_origin}{DASHBOARD_PATH}/_stcore/health"
    return ProcessSpec(name="dashboard", module=DASHBOARD, probe=http(ready), apart=True)


def health_url(settings: Settings) -> str:
    """What says whether the web process can do its work."""
    return f"{settings.web_url}/v1/health"


def process_of(process: Process) -> ProcessSpec:
    """A source's process as the launcher runs it."""
    probe = http(process.ready) if process.ready else None
    return ProcessSpec(name=process.name, module=process.module, arguments=process.arguments, probe=probe, apart=True)


def write_workspace(home: Path, server: Mapping[str, object]) -> Path:
    """The workspace that points at the code server, which listens on a `socket`, or a `host` and `port`."""
    import yaml

    home.mkdir(parents=True, exist_ok=True)
    path = home / "workspace.yaml"
    descriptor, name = tempfile.mkstemp(prefix=".workspace.", dir=home)
    with os.fdopen(descriptor, "w") as file:
        yaml.safe_dump({"load_from": [{"grpc_server": {**server, "location_name": LOCATION}}]}, file)
    Path(name).replace(path)
    return path


def _socket_folder(home: Path) -> Path:
    """A folder for sockets that only this user can enter: in `home`, or by the temporary folder where that is too long.

    The code server runs whatever a client asks of it, so a folder that somebody else made is refused.
    """
    folder = home / "run"
    if len(os.fsencode(folder / "pymp-12345678" / "listener-12345678")) > _LONGEST_SOCKET:
        mark = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"tributary-{os.geteuid()}-{mark}"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise LauncherError(f"{folder} is open to other users or belongs to one: remove it, then start again.")
    return folder
