"""`tributary up`: everything on one machine, from Postgres to the servers, until Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resources.postgres.databases import connect
from resources.settings import Settings, get_settings
from tributary.cli.console import out
from tributary.cli.sample import ensure_samples
from tributary.instance.opening import dagster_environment, open_instance
from tributary.instance.orphans import fail_orphaned_runs
from tributary.launcher.ports import require_free_port
from tributary.launcher.services import dagster_processes, dagster_url, ready_url
from tributary.launcher.single import only_launcher
from tributary.launcher.supervisor import Supervisor

if TYPE_CHECKING:
    from dagster import DagsterInstance


def up(materialize: bool) -> int:
    """Start, materialise what is out of date, and serve; what runs is stopped however this ends."""
    settings = get_settings()
    with only_launcher(settings.home):
        require_free_port(settings.host, settings.dagster_port, "TRIBUTARY_DAGSTER_PORT")
        _serve(settings, materialize)
    return 0


def _serve(settings: Settings, materialize: bool) -> None:
    out.print("[bold]Tributary[/] is starting. Ctrl-C stops everything.\n")
    with connect(settings) as databases, Supervisor(settings.home / "logs") as supervisor:
        out.print("[green]✓[/] Postgres is up.")
        code_server, *others = dagster_processes(settings, dagster_environment(settings, databases))
        # What takes longest to start goes first; its imports overlap with the making of the samples.
        supervisor.start(code_server)
        ensure_samples(settings)
        with open_instance(settings, databases) as instance:
            orphans = fail_orphaned_runs(instance)
            if orphans:
                out.print(f"[yellow]↷[/] {len(orphans)} run(s) that a crash had cut off are marked as failed.")
            supervisor.start(*others)
            if materialize:
                _materialise(instance)
            supervisor.wait_ready(ready_url(settings))
            out.print(f"\n[bold green]Ready.[/] Dagster UI: [bold]{dagster_url(settings)}[/]")
            out.print("[dim]In another terminal: tributary status, tributary query 'SELECT …'. Ctrl-C stops all.[/]")
            try:
                supervisor.watch()
            except KeyboardInterrupt:
                out.print("\nStopping.")


def _materialise(instance: DagsterInstance) -> None:
    from tributary.cli.materialize import run_selection
    from tributary.definitions import defs
    from tributary.freshness import out_of_date

    stale = out_of_date(defs, instance)
    if stale:
        out.print(f"\nMaterialising {len(stale)} assets:")
        failed = run_selection(defs, instance, " or ".join(f'key:"{key}"' for key in stale))
        if failed:
            out.print("[yellow]Not everything could be materialised; the UI is served all the same, and shows why.[/]")
    else:
        out.print("[green]✓[/] Every asset is up to date.")
