"""`tributary up`: everything on one machine, from Postgres to the servers, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.markup import escape

from tributary.cli.console import out, sentence
from tributary.cli.up_making import ANNOUNCED, MADE, PREPARED, making
from tributary.instance.configuration import write_configuration
from tributary.instance.opening import dagster_environment
from tributary.launcher.errors import LauncherError
from tributary.launcher.ports import require_free_port
from tributary.launcher.server import PostgresByUrl, PostgresPart
from tributary.launcher.services import (
    SHARED,
    dagster_processes,
    dashboard_process,
    health_url,
    process_of,
    ready_url,
    web_process,
)
from tributary.launcher.single import only_launcher
from tributary.launcher.supervisor import Supervisor
from tributary.launcher.trino import TrinoByUrl, TrinoPart
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import LOOPBACK, Settings, get_settings
from tributary.services import processes_of

if TYPE_CHECKING:
    from tributary.assets.services import Process


def up(materialize: bool) -> int:
    """Start, materialise what is out of date, and serve; what runs is stopped however this ends."""
    settings = get_settings()
    with only_launcher(settings.home):
        require_free_port(LOOPBACK, settings.dagster_port, "TRIBUTARY_DAGSTER_PORT")
        require_free_port(LOOPBACK, settings.dashboard_port, "TRIBUTARY_DASHBOARD_PORT")
        require_free_port(settings.host, settings.web_port, "TRIBUTARY_WEB_PORT")
        if settings.principal_key is not None:
            # What signs, and what tells people, takes memory that the launcher would keep.
            from tributary.identity.signing import place_key

            place_key(settings)
        processes = processes_of(settings, sentence)
        for process in processes:
            if process.port is not None:
                require_free_port("127.0.0.1", process.port, process.port_setting)
        _serve(settings, processes, materialize)
    return 0


def _serve(settings: Settings, processes: Sequence[Process], materialize: bool) -> None:
    out.print("[bold]Tributary[/] is starting. Ctrl-C stops everything.\n")
    with connect(settings) as databases:
        out.print("[green]✓[/] Postgres is up.")
        try:
            with _trino(settings, databases) as trino:
                _hold_up(settings, databases, trino, processes, materialize)
        except LauncherError as error:
            from tributary.alerts.watching import tell_end

            tell_end(settings, databases.url("app"), str(error))
            raise


def _hold_up(
    settings: Settings,
    databases: Databases,
    trino: TrinoPart | TrinoByUrl | None,
    processes: Sequence[Process],
    materialize: bool,
) -> None:
    sources = [one for one in processes if not one.feeds]
    with Supervisor(settings.home / "logs", say=_say, shared=SHARED) as supervisor:
        if databases.server is not None:
            supervisor.stand_on(PostgresPart(databases.server))
        else:
            supervisor.wait_for(PostgresByUrl(databases.server_url))
        if isinstance(trino, TrinoPart):
            supervisor.stand_on(trino)
        elif trino is not None:
            supervisor.wait_for(trino)
        write_configuration(settings)
        code_server, web_server, daemon = dagster_processes(settings, dagster_environment(settings, databases))
        with making(materialize) as made:
            # What takes longest to start goes first; its imports overlap with the making of the samples.
            supervisor.start(code_server, *map(process_of, sources))
            made.wait_for(PREPARED)
            supervisor.start(web_server, web_process(settings), dashboard_process(settings))
            if materialize:
                for one in sources:
                    if one.ready:
                        supervisor.wait_ready(one.ready, of=one.name)
            made.go_on()
            made.wait_for(ANNOUNCED)
            supervisor.start(daemon)
            made.wait_for(MADE)
            supervisor.wait_ready(ready_url(settings))
            supervisor.wait_ready(health_url(settings))
            supervisor.start(*(process_of(one) for one in processes if one.feeds))
            out.print(f"\n[bold green]Ready.[/] [bold]{settings.address}[/]")
            if settings.log_in_ways == {"users"} and not _anybody(databases):
                out.print("[yellow]Nobody can log in yet:[/] tributary users add NAME makes the first user.")
            out.print("[dim]In another terminal: tributary status, tributary query 'SELECT …'. Ctrl-C stops all.[/]")
            try:
                supervisor.watch()
            except KeyboardInterrupt:
                out.print("\nStopping.")


@contextmanager
def _trino(settings: Settings, databases: Databases) -> Iterator[TrinoPart | TrinoByUrl | None]:
    """The Trino of the settings, if any: started where it is to run on this machine and is not up yet."""
    from tributary.resources.trino.local import local_trino
    from tributary.resources.trino.server import is_ready

    if settings.warehouse != "trino":
        yield None
    elif settings.trino_url is not None or is_ready(settings.trino_address):
        yield TrinoByUrl(settings.trino_address)
    else:
        out.print("[dim]Trino is starting; fetching it for the first time takes a minute.[/]")
        with local_trino(settings, databases) as server:
            out.print(f"[green]✓[/] Trino is up at {server.url}.")
            yield TrinoPart(server)


def _anybody(databases: Databases) -> bool:
    from tributary.identity.tables import open_tables
    from tributary.identity.users import has_users

    engine = open_tables(databases.url("app"))
    try:
        return has_users(engine)
    finally:
        engine.dispose()


def _say(line: str) -> None:
    out.print(f"[yellow]↻[/] {escape(line)}", soft_wrap=True)
