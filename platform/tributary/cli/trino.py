"""`tributary trino`: a Trino server on this machine, over the tables of this home."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from tributary.cli.console import out
from tributary.launcher.single import end_holder, held
from tributary.resources.settings import Settings, get_settings
from tributary.resources.trino.errors import TrinoError

_DOWN_SECONDS = 30.0


def fetch() -> int:
    """Fetch the server's programs, where they are not kept yet."""
    from tributary.resources.trino.artifacts import server_folder

    out.print(str(server_folder(get_settings().trino_folder)), markup=False, soft_wrap=True)
    return 0


def up() -> int:
    """Start the server, and hold it up until Ctrl-C or `tributary trino down`."""
    settings = get_settings()
    if settings.iceberg_catalog == "jdbc" and not (settings.postgres_port or settings.postgres_url):
        raise TrinoError("TRIBUTARY_POSTGRES_PORT is not set: Trino reaches its catalogue in Postgres by that port.")
    from tributary.resources.postgres.databases import connect
    from tributary.resources.trino.local import local_trino

    with held(_lock(settings), f"Trino is already up for {settings.home}: `tributary trino down` ends it."):
        out.print("Trino is starting; fetching it for the first time takes a minute. Ctrl-C stops it.")
        with connect(settings) as databases, local_trino(settings, databases) as server:
            out.print(f"[bold green]Ready.[/] [bold]{server.url}[/]")
            with suppress(KeyboardInterrupt):
                while server.pid is not None:
                    time.sleep(0.5)
                raise TrinoError(f"Trino has ended by itself; its log is {server.log}.")
    return 0


def down() -> int:
    """End the server that another process holds up."""
    was_up = end_holder(_lock(get_settings()), "Trino", _DOWN_SECONDS)
    out.print("Trino is down." if was_up else "Trino is not up.")
    return 0


def status() -> int:
    """Say whether the Trino of the settings takes queries; 1 where it does not."""
    from tributary.resources.trino.server import is_ready

    address = get_settings().trino_address
    ready = is_ready(address)
    out.print(f"{address}: {'ready' if ready else 'not up (tributary trino up)'}", markup=False)
    return 0 if ready else 1


def _lock(settings: Settings) -> Path:
    return settings.home / "trino" / "up.lock"
