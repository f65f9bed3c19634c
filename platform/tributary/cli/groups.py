"""The groups of commands: environments, people, reports, a Trino here. What they do is the matter of their modules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tributary.cli.completion import complete_report
from tributary.cli.running import Group
from tributary.cli.running import run as _run

InFormat = Annotated[str, typer.Option("--format", help="table or json.")]
environments = typer.Typer(cls=Group, help="Environments: which there are, and dropping them.", no_args_is_help=True)


@environments.command("ls")
def env_ls(output: InFormat = "table") -> None:
    """List the environments: tables, size, age, and what of them production has left behind."""
    _run("environments", "ls", output=output)


@environments.command("drop")
def env_drop(name: Annotated[str, typer.Argument(help="The environment.")]) -> None:
    """Drop an environment's tables, and nothing else."""
    _run("environments", "drop", name=name)


users = typer.Typer(cls=Group, no_args_is_help=True, help="People who log in with a password, and who is logged in.")
keys = typer.Typer(cls=Group, no_args_is_help=True, help="API keys, with which machines come.")

Named = Annotated[str, typer.Argument(help="The name.")]
Granted = Annotated[str, typer.Option("--role", help="viewer, operator or admin.")]
Scopes = Annotated[list[str] | None, typer.Option("--scope", help="Granted beside the role, such as pii; repeatable.")]
ByStandardInput = Annotated[bool, typer.Option("--stdin", help="Read the password from standard input.")]


@users.command("add")
def users_add(name: Named, role: Granted = "viewer", scope: Scopes = None, stdin: ByStandardInput = False) -> None:
    """Make a user; the password is asked for."""
    _run("identity", "users_add", name=name, role=role, scopes=scope or [], stdin=stdin)


@users.command("passwd")
def users_passwd(name: Named, stdin: ByStandardInput = False) -> None:
    """Give a user another password, and end their sessions."""
    _run("identity", "users_passwd", name=name, stdin=stdin)


@users.command("remove")
def users_remove(name: Named) -> None:
    """Take a user away, and end their sessions."""
    _run("identity", "users_remove", name=name)


@users.command("logout")
def users_logout(name: Named) -> None:
    """End the sessions of somebody, also of an OpenID provider's (oidc:NAME)."""
    _run("identity", "users_logout", name=name)


@users.command("list")
def users_list() -> None:
    """Show who can log in with a password, and who is logged in."""
    _run("identity", "users_list")


@keys.command("add")
def keys_add(
    name: Named,
    role: Granted = "viewer",
    scope: Scopes = None,
    days: Annotated[int, typer.Option(min=0, help="Days for which it holds; 0: without end.")] = 90,
) -> None:
    """Make an API key, which is shown this once."""
    _run("identity", "keys_add", name=name, role=role, scopes=scope or [], days=days)


@keys.command("revoke")
def keys_revoke(name: Named) -> None:
    """End a key."""
    _run("identity", "keys_revoke", name=name)


@keys.command("list")
def keys_list() -> None:
    """Show the keys, and when each was used."""
    _run("identity", "keys_list")


def audit(
    sql: Annotated[
        str | None, typer.Argument(help="A query of the table identity.audit; without one the newest.")
    ] = None,
    output: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    limit: Annotated[int, typer.Option(min=0, help="Rows shown at most; 0 for all.")] = 1000,
) -> None:
    """Show the audit log: who asked for what, when, from where, and what became of it."""
    _run("identity", "audit_log", sql=sql, output=output, limit=limit)


report = typer.Typer(
    cls=Group, no_args_is_help=True, help="Reports: queries that are asked with parameters, and what they gave."
)

ReportName = Annotated[str, typer.Argument(help="The report.", autocompletion=complete_report)]


@report.command("list")
def report_list(output: InFormat = "table") -> None:
    """List the reports."""
    _run("report", "list_reports", output=output)


@report.command("show")
def report_show(name: ReportName, output: InFormat = "table") -> None:
    """Show what a report can be asked, and which columns it gives."""
    _run("report", "show", name=name, output=output)


Sets = Annotated[
    list[str] | None, typer.Option("--set", help="name=value, where value may be JSON; a name again is a list.")
]
Params = Annotated[Path | None, typer.Option("--params", help="A JSON file with the parameters by name.")]
Notify = Annotated[str, typer.Option("--notify", help="A mail address or a webhook's URL, to be told at the end.")]


@report.command("run")
def report_run(
    name: ReportName,
    sets: Sets = None,
    params: Params = None,
    output: Annotated[str, typer.Option(help="A .csv, .parquet or .xlsx file to write; - for CSV to the output.")] = "",
    notify: Notify = "",
) -> None:
    """Ask a report, and make its extract in this process."""
    _run("report_requests", "run", name=name, sets=sets or [], params=params, output=output, notify=notify)


@report.command("requests")
def report_requests(
    name: Annotated[str, typer.Argument(help="Those of one report.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Requests shown at most.")] = 50,
) -> None:
    """List requests, the newest first."""
    _run("report_requests", "requests", report=name, limit=limit)


@report.command("cancel")
def report_cancel(request: Annotated[str, typer.Argument(help="The request.")]) -> None:
    """End a request that is queued or running."""
    _run("report_requests", "cancel", request=request)


@report.command("save")
def report_save(
    name: ReportName,
    title: Annotated[str, typer.Option(help="What to call it.")],
    cron: Annotated[str, typer.Option(help="When to ask: five fields of cron.")],
    zone: Annotated[str, typer.Option(help="The time zone of these times.")] = "UTC",
    sets: Sets = None,
    params: Params = None,
    notify: Notify = "",
) -> None:
    """Ask the same again and again, at times."""
    asked = {"sets": sets or [], "params": params, "notify": notify}
    _run("report_requests", "save", name=name, title=title, cron=cron, zone=zone, **asked)


@report.command("saved")
def report_saved() -> None:
    """List saved requests."""
    _run("report_requests", "saved")


@report.command("unsave")
def report_unsave(saved: Annotated[str, typer.Argument(help="The saved request.")]) -> None:
    """Ask a saved request no more."""
    _run("report_requests", "unsave", id=saved)


@report.command("prune")
def report_prune() -> None:
    """Delete the extracts that the settings do not keep, with their rows and partitions."""
    _run("report_requests", "prune")


trino = typer.Typer(
    cls=Group, no_args_is_help=True, help="A Trino server on this machine, over the warehouse's Iceberg tables."
)


@trino.command("up")
def trino_up() -> None:
    """Start the server, fetching it first where it is missing, and hold it up until Ctrl-C."""
    _run("trino", "up")


@trino.command("down")
def trino_down() -> None:
    """End the server that another process holds up."""
    _run("trino", "down")


@trino.command("status")
def trino_status() -> None:
    """Say whether the Trino of the settings takes queries."""
    _run("trino", "status")


@trino.command("fetch")
def trino_fetch() -> None:
    """Fetch the server by Maven, into a folder that all homes share."""
    _run("trino", "fetch")
