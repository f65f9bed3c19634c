"""The entry point: the commands by name, and how failures end a command."""

from __future__ import annotations

import gc
import importlib
import os
import re
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from click import ClickException
from typer.core import TyperCommand, TyperGroup

from tributary.cli.console import MISUSED, let_libraries_be_quiet, sentence, unread
from tributary.cli.signals import end_when_asked, exit_code, ignore_from_now
from tributary.resources.errors import TributaryError, UsageError
from tributary.resources.home import keep_private, prepare_home

_ENVIRONMENT = "TRIBUTARY_ENVIRONMENT"
_WITH_ENVIRONMENTS = ("check", "environments", "lineage", "ls", "materialize", "query", "status", "unit_tests")
"""The modules of commands that an environment makes a difference to, or none."""


class Commands(TyperGroup):
    """The commands of the platform, and those of the sources that are on, which are looked for where none is meant."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; None where there is none."""
        found = super().get_command(ctx, cmd_name)
        return found if found is not None else _of_sources().get(cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands."""
        return [*super().list_commands(ctx), *_of_sources()]


app = typer.Typer(
    cls=Commands,
    help="Tributary: an asset-based data platform. Materialise, query and look into it from here.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def _options(
    env: Annotated[
        str | None, typer.Option("--env", help="An environment, whose tables stand in for production's.")
    ] = None,
) -> None:
    if env is not None:
        os.environ[_ENVIRONMENT] = env


class StatementCommand(TyperCommand):
    """A command whose argument may begin with `--`, as a comment of SQL does."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Set what cannot be an option apart from the options; no option's name holds a blank."""
        texts = [text for text in args if text.startswith("--") and re.match(r"--[\w-]*\s", text)]
        if texts and "--" not in args:
            args = [*(text for text in args if text not in texts), "--", *texts]
        return super().parse_args(ctx, args)


init = typer.Typer(help="Write what a team begins with.", no_args_is_help=True)
app.add_typer(init, name="init")

Selection = Annotated[
    str,
    typer.Argument(
        help="Assets, in Dagster's selection syntax or as tables: 'group:calendar', 'gold.household_summary', "
        "'+gold.household_summary' with all upstream, '*'."
    ),
]


@app.command()
def up(
    materialize: Annotated[bool, typer.Option(help="Materialise what is missing or out of date first.")] = True,
) -> None:
    """Start everything: Postgres, the sample sources, the whole graph, and the servers. Ctrl-C stops it all."""
    _run("up", "up", materialize=materialize)


@app.command()
def materialize(
    selection: Selection = "*",
    partition: Annotated[str | None, typer.Option(help="One partition key.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First partition key of a range.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last partition key of a range.")] = None,
    force: Annotated[bool, typer.Option(help="Make anew what was made from the very same inputs, too.")] = False,
    missing: Annotated[bool, typer.Option(help="Of the range, only the partitions that were not made yet.")] = False,
) -> None:
    """Materialise assets in this process, with progress. Without partitions named, those that are due are made."""
    options = {"partition": partition, "start": start, "end": end, "force": force, "missing": missing}
    _run("materialize", "materialize", selection=selection, **options)


@app.command()
def replay(
    table: Annotated[
        str | None, typer.Argument(help="Name under which records were rejected, as in quarantine.rejected_rows.")
    ] = None,
) -> None:
    """Read again, with the code as it is now, the sources of which something is in quarantine."""
    _run("replay", "replay", table=table)


@app.command(cls=StatementCommand)
def query(
    sql: Annotated[
        str | None, typer.Argument(help="One SELECT, SHOW or EXPLAIN; '-', or nothing, reads it from standard input.")
    ] = None,
    file: Annotated[str | None, typer.Option("--file", "-f", help="A file that holds the statement.")] = None,
    output: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    limit: Annotated[int, typer.Option(min=0, help="Rows shown at most; 0 for all.")] = 1000,
) -> None:
    """Run a read-only query on the warehouse, and print what the server says."""
    _run("query", "query", sql=sql, file=file, output=output, limit=limit)


@app.command()
def ls(
    what: Annotated[
        str | None, typer.Argument(help="A layer, a source, or a table, as in gold, calendar or core.dim_date.")
    ] = None,
    output: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
) -> None:
    """List the tables by layer, with source, rows and grain; of one table show its columns."""
    _run("ls", "ls", what=what, output=output)


@app.command()
def lineage(
    target: Annotated[str, typer.Argument(help="TABLE or TABLE.COLUMN, as in gold.household_summary.r_score.")],
    down: Annotated[bool, typer.Option("--down", help="Show what depends on it instead.")] = False,
    output: Annotated[str, typer.Option("--format", help="tree, json or mermaid.")] = "tree",
) -> None:
    """Show where a table's or a column's values come from, back to the sources, or what depends on them."""
    _run("lineage", "lineage", target=target, down=down, output=output)


Format = Annotated[str, typer.Option("--format", help="table or json.")]


@app.command()
def diff(
    tables: Annotated[list[str] | None, typer.Argument(help="Tables; default: all that the environment holds.")] = None,
    output: Annotated[str, typer.Option("--format", help="table, json or markdown.")] = "table",
) -> None:
    """Show how the tables of an environment (--env) differ from production's: columns, rows, values; 3 if some do."""
    _run("environments", "diff", names=tables or [], output=output)


@app.command()
def promote() -> None:
    """Publish an environment's tables (--env) in production, without making them again."""
    _run("environments", "promote")


@app.command()
def preview(selection: Selection = "*") -> None:
    """Make in an environment (--env) what differs, and print how it does, as Markdown; 3 if rows or columns do."""
    _run("environments", "preview", selection=selection)


environments = typer.Typer(help="Environments: which there are, and dropping them.", no_args_is_help=True)
app.add_typer(environments, name="env")


@environments.command("ls")
def env_ls(output: Format = "table") -> None:
    """List the environments: tables, size, age, and what of them production has left behind."""
    _run("environments", "ls", output=output)


@environments.command("drop")
def env_drop(name: Annotated[str, typer.Argument(help="The environment.")]) -> None:
    """Drop an environment's tables, and nothing else."""
    _run("environments", "drop", name=name)


@app.command()
def check() -> None:
    """Read all settings and models, and say what is wrong with them; nothing is run."""
    _run("check", "check")


@app.command("test")
def unit_tests(
    what: Annotated[
        list[str] | None,
        typer.Argument(help="Models, layers or sources: gold.household_summary, core, calendar."),
    ] = None,
) -> None:
    """Run the unit tests of models on the warehouse's engine; nothing is written."""
    _run("unit_tests", "unit_tests", what=what or [])


@app.command()
def status() -> None:
    """Show the settings in force (secrets masked), whether the UI is up, and what the warehouse holds."""
    _run("status", "status")


@app.command()
def sample(
    scale: Annotated[
        float | None, typer.Option(help="Size of the samples that have one; 1 is that of the original.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Make it again even where it is complete.")] = False,
) -> None:
    """Make the sample sources."""
    _run("sample", "sample", scale=scale, force=force)


@init.command()
def project(
    folder: Annotated[Path, typer.Argument(help="An empty folder, or one that is not there yet.")] = Path(),
    name: Annotated[str, typer.Option(help="Name of the source; default: the folder's.")] = "",
) -> None:
    """Write a project of one's own: one source with one SQL model, which works as it is."""
    from tributary.cli.init import project as write

    write(folder, name)


@init.command()
def dagster() -> None:
    """Write Dagster's configuration and print its folder, the DAGSTER_HOME of `dagster dev` and `dg`."""
    _run("init", "dagster")


def _of_sources() -> dict[str, Any]:
    """The commands that sources bring, by name."""
    from tributary.services import apart, load_services

    found: dict[str, Any] = {}
    for source, services in load_services().items():
        with apart(source, "The commands"):
            own = typer.Typer(add_completion=False)
            for name, function in services.commands.items():
                own.command(name)(_guarded(source, name, function))
            # A second one keeps Typer from making a single command of it all.
            own.callback()(lambda: None)
            found = {**typer.main.get_group(own).commands, **found}
    return found


def _guarded(source: str, name: str, function: Callable[..., int | None]) -> Callable[..., None]:
    from tributary.assets.sources import SourceError
    from tributary.services import sound, trying

    def run(arguments: Mapping[str, object]) -> int:
        what = f"The command {name}"
        try:
            with trying(source, what):
                code = function(**arguments)
        except SourceError as error:
            # How a command is meant to end, where it does not return.
            if isinstance(error.__cause__, TributaryError | SystemExit | ClickException | typer.Exit | typer.Abort):
                raise error.__cause__ from None
            raise
        with trying(source, what):
            return 0 if code is None else sound(code, int)

    @wraps(function)
    def guarded(**arguments: object) -> None:
        _guard(lambda: run(arguments))

    return guarded


users = typer.Typer(no_args_is_help=True, help="People who log in with a password, and who is logged in.")
keys = typer.Typer(no_args_is_help=True, help="API keys, with which machines come.")
app.add_typer(users, name="users")
app.add_typer(keys, name="keys")

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


@app.command(cls=StatementCommand)
def audit(
    sql: Annotated[
        str | None, typer.Argument(help="A query of the table identity.audit; without one the newest.")
    ] = None,
    output: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    limit: Annotated[int, typer.Option(min=0, help="Rows shown at most; 0 for all.")] = 1000,
) -> None:
    """Show the audit log: who asked for what, when, from where, and what became of it."""
    _run("identity", "audit_log", sql=sql, output=output, limit=limit)


report = typer.Typer(no_args_is_help=True, help="Reports: queries that are asked with parameters, and what they gave.")
app.add_typer(report, name="report")

InFormat = Annotated[str, typer.Option("--format", help="table or json.")]


@report.command("list")
def report_list(output: InFormat = "table") -> None:
    """List the reports."""
    _run("report", "list_reports", output=output)


@report.command("show")
def report_show(name: Annotated[str, typer.Argument(help="The report.")], output: InFormat = "table") -> None:
    """Show what a report can be asked, and which columns it gives."""
    _run("report", "show", name=name, output=output)


ReportName = Annotated[str, typer.Argument(help="The report.")]
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


trino = typer.Typer(no_args_is_help=True, help="A Trino server on this machine, over the warehouse's Iceberg tables.")
app.add_typer(trino, name="trino")


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


def main() -> None:
    """Run the command line; errors that a person is meant to read end it with one sentence and exit code 1, or 2."""
    # Importing makes many objects and little garbage: collecting often among them costs a tenth of the start-up.
    gc.set_threshold(100_000, 20, 20)
    keep_private()
    let_libraries_be_quiet()
    end_when_asked()
    try:
        app(_option_first(sys.argv[1:]))
    except TributaryError as error:
        sentence(str(error))
        sys.exit(MISUSED if isinstance(error, UsageError) else 1)
    finally:
        ignore_from_now()


def _option_first(words: list[str]) -> list[str]:
    """The words of a command with `--env NAME` before it, wherever it stands."""
    for at, word in enumerate(words):
        if word == "--":
            break
        if word == "--env" or word.startswith("--env="):
            end = at + 1 if "=" in word else at + 2
            return [*words[at:end], *words[:at], *words[end:]]
    return words


def _run(module: str, function: str, **arguments: object) -> None:
    """Import a command's module only now, and run it; a command returns its exit code."""
    _guard(lambda: getattr(importlib.import_module(f"tributary.cli.{module}"), function)(**arguments), module)


def _guard(command: Callable[[], int], module: str = "") -> None:
    """Run a command on settings and a home that are sound, and end as it ends; what went wrong is one sentence."""
    from tributary.assets.sources import check_settings
    from tributary.resources.settings import get_settings

    check_settings()
    settings = get_settings()
    if settings.environment and module not in _WITH_ENVIRONMENTS:
        raise UsageError(f"This command knows production alone: leave --env and {_ENVIRONMENT} out.")
    prepare_home(settings.home)
    try:
        code = command()
        sys.stdout.flush()
    except UsageError:
        raise
    except BrokenPipeError:
        unread(sys.stdout)  # who reads has read enough
        code = 0
    except Exception as error:
        from tributary.cli.faults import explained

        told = explained(error, settings)
        if told is None:
            raise
        raise TributaryError(told) from error
    except KeyboardInterrupt:
        code = exit_code()
        ignore_from_now()
        sentence("Interrupted; nothing was left half written, and running it again picks up from here.")
    if code:
        raise typer.Exit(code)
