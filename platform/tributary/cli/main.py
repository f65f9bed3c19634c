"""The entry point: the commands by name, and how failures end a command."""

from __future__ import annotations

import gc
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from tributary.cli.completion import complete_selection, complete_target, prepare
from tributary.cli.console import MISUSED, let_libraries_be_quiet, sentence
from tributary.cli.groups import InFormat, audit, environments, keys, report, trino, users
from tributary.cli.init_group import init
from tributary.cli.running import ENVIRONMENT, StatementCommand, misused
from tributary.cli.running import run as _run
from tributary.cli.signals import end_when_asked, ignore_from_now
from tributary.cli.source_commands import Commands
from tributary.resources.errors import TributaryError, UsageError
from tributary.resources.home import keep_private

app = typer.Typer(
    cls=Commands,
    help="Tributary: an asset-based data platform. Materialise, query and look into it from here.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"tributary {metadata.version('tributary')}\n")
        raise typer.Exit


@app.callback()
def options(
    env: Annotated[
        str | None, typer.Option("--env", help="An environment, whose tables stand in for production's.")
    ] = None,
    version: Annotated[  # noqa: ARG001 - what its callback does is all
        bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_tell_version)
    ] = False,
) -> None:
    """Read what stands before a command; the version is told before anything else is looked at."""
    if env is not None:
        os.environ[ENVIRONMENT] = env


HEAD = "HEAD"
_SELECTION = (
    "Assets: tables (gold.household_summary, gold.*), layers, sources, '+gold.household_summary' with all upstream, or "
    "Dagster's selection syntax; state:modified where code differs."
)
Selections = Annotated[
    list[str] | None, typer.Argument(metavar="SELECTION", help=_SELECTION, autocompletion=complete_selection)
]
Exclude = Annotated[
    list[str] | None,
    typer.Option("--exclude", help="Leave out a selection; repeatable.", autocompletion=complete_selection),
]
Partition = Annotated[str | None, typer.Option(help="One partition key.")]
Start = Annotated[str | None, typer.Option("--from", help="First partition key of a range.")]
End = Annotated[str | None, typer.Option("--to", help="Last partition key of a range.")]
Force = Annotated[bool, typer.Option(help="Make anew what was made from the very same inputs, too.")]
Missing = Annotated[bool, typer.Option(help="Of the range, only the partitions that were not made yet.")]
Against = Annotated[
    str, typer.Option("--against", help="What state:modified compares with: a revision of Git, or another home.")
]


@app.command()
def up(
    materialize: Annotated[bool, typer.Option(help="Materialise what is missing or out of date first.")] = True,
) -> None:
    """Start everything: Postgres, the sample sources, the whole graph, and the servers. Ctrl-C stops it all."""
    _run("up", "up", materialize=materialize)


@app.command(hidden=True)
def up_making(
    tells: Annotated[int, typer.Option(help="The descriptor that is told how far it is.")],
    materialize: Annotated[bool, typer.Option(help="Materialise what is missing or out of date.")] = True,
) -> None:
    """What `up` does once, in a process of its own."""
    _run("up_making", "make", materialize=materialize, tells=tells)


@app.command()
def materialize(
    selections: Selections = None,
    partition: Partition = None,
    start: Start = None,
    end: End = None,
    force: Force = False,
    missing: Missing = False,
    exclude: Exclude = None,
    against: Against = HEAD,
) -> None:
    """Materialise assets in this process, with progress. Without partitions named, those that are due are made."""
    wanted = {"selections": selections or [], "exclude": exclude or [], "against": against, "partition": partition}
    _run("materialize", "materialize", **wanted, start=start, end=end, force=force, missing=missing)


@app.command()
def plan(
    selections: Selections = None,
    partition: Partition = None,
    start: Start = None,
    end: End = None,
    force: Force = False,
    missing: Missing = False,
    exclude: Exclude = None,
    against: Against = HEAD,
    output: InFormat = "table",
) -> None:
    """Show what materialize would make, in which runs, why, what changed in the SQL, and whom that breaks."""
    wanted = {"selections": selections or [], "exclude": exclude or [], "against": against, "partition": partition}
    _run("plan", "plan", output=output, **wanted, start=start, end=end, force=force, missing=missing)


@app.command()
def render(
    selections: Annotated[
        list[str], typer.Argument(metavar="SELECTION", help=_SELECTION, autocompletion=complete_selection)
    ],
    dialect: Annotated[
        str | None, typer.Option(help="postgres, trino or athena; default: that of the settings' warehouse.")
    ] = None,
    exclude: Exclude = None,
    against: Against = HEAD,
) -> None:
    """Print the statement of a model as the engine runs it, without running it."""
    _run("render", "render", selections=selections, exclude=exclude or [], against=against, dialect=dialect)


@app.command()
def replay(selections: Selections = None, exclude: Exclude = None, against: Against = HEAD) -> None:
    """Read again, with the code as it is now, the sources of which something is in quarantine."""
    _run("replay", "replay", selections=selections or [], exclude=exclude or [], against=against)


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
    selections: Selections = None,
    exclude: Exclude = None,
    against: Against = HEAD,
    output: Annotated[str, typer.Option("--format", help="table, json or names.")] = "table",
) -> None:
    """List assets: rows, age, whether they are out of date and why, missing partitions; of one table its columns."""
    _run("ls", "ls", selections=selections or [], exclude=exclude or [], against=against, output=output)


@app.command()
def lineage(
    target: Annotated[
        str,
        typer.Argument(
            help="TABLE or TABLE.COLUMN, as in gold.household_summary.r_score.", autocompletion=complete_target
        ),
    ],
    down: Annotated[bool, typer.Option("--down", help="Show what depends on it instead.")] = False,
    output: Annotated[str, typer.Option("--format", help="tree, json or mermaid.")] = "tree",
) -> None:
    """Show where a table's or a column's values come from, back to the sources, or what depends on them."""
    _run("lineage", "lineage", target=target, down=down, output=output)


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
def preview(selections: Selections = None, exclude: Exclude = None, against: Against = HEAD) -> None:
    """Make in an environment (--env) what differs, and print how it does, as Markdown; 3 if rows or columns do."""
    _run("environments", "preview", selections=selections or [], exclude=exclude or [], against=against)


@app.command()
def check() -> None:
    """Read all settings and models, and say what is wrong with them; nothing is run."""
    _run("check", "check")


@app.command("test")
def unit_tests(selections: Selections = None, exclude: Exclude = None, against: Against = HEAD) -> None:
    """Run the unit tests of models on the warehouse's engine; nothing is written."""
    _run("unit_tests", "unit_tests", selections=selections or [], exclude=exclude or [], against=against)


@app.command()
def status() -> None:
    """Show the settings in force (secrets masked), whether the UI is up, and what the warehouse holds."""
    _run("status", "status")


@app.command()
def backup(
    destination: Annotated[str, typer.Argument(metavar="DEST", help="A folder, or s3://bucket/prefix.")],
    listed: Annotated[bool, typer.Option("--list", help="List the backups that are there, and make none.")] = False,
) -> None:
    """Back up all that this home holds, while it is in use: databases, lake, keys, events under way."""
    _run("backups", "backup", destination=destination, listed=listed)


@app.command()
def restore(
    source: Annotated[str, typer.Argument(metavar="SRC", help="Where `tributary backup` put it.")],
    backup: Annotated[str, typer.Option("--backup", help="The backup by its name; default: the newest.")] = "",
) -> None:
    """Put a backup into an empty home."""
    _run("backups", "restore", source=source, id_=backup)


@app.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go and why, and delete nothing.")] = False,
    output: InFormat = "table",
) -> None:
    """Delete what the settings keep no longer: Dagster's records, extracts, replaced versions, the audit log."""
    _run("prune", "prune", dry_run=dry_run, output=output)


@app.command()
def alerts(
    test: Annotated[bool, typer.Option("--test", help="Send a message to everybody who is told of problems.")] = False,
    output: InFormat = "table",
) -> None:
    """List what needs somebody at this moment, and whether people were told; 3 if something does."""
    _run("alerts", "alerts", test=test, output=output)


@app.command()
def runs(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Runs shown at most.")] = 20,
    failed: Annotated[bool, typer.Option("--failed", help="Those that failed only.")] = False,
    output: InFormat = "table",
) -> None:
    """List the newest runs: state, duration, what they make, and what of it failed."""
    _run("runs", "runs", limit=limit, failed=failed, output=output)


RunName = Annotated[str, typer.Argument(help="A run, by its id or the beginning of it.")]


@app.command()
def logs(
    run: Annotated[str, typer.Argument(help="A run, by its id or the beginning of it; default: the newest.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run ends.")] = False,
) -> None:
    """Print what a run said: its events, and the output of its steps."""
    _run("runs", "logs", run=run, follow=follow)


@app.command()
def cancel(run: RunName) -> None:
    """Ask a run to end, and wait until it has."""
    _run("runs", "cancel", run=run)


@app.command()
def serve(
    part: Annotated[str, typer.Argument(help="code-server, webserver, daemon, dashboard or web.")],
) -> None:
    """Run one part alone, as the process of a container; the settings say where the others are."""
    from tributary.containers.password import keep_password

    keep_password(Path(os.environ.get("TRIBUTARY_HOME", ".tributary")).absolute())
    _run("serve", "serve", part=part)


@app.command()
def down() -> None:
    """End the `up` of this home from another terminal, and wait until all of it has ended."""
    _run("down", "down")


@app.command()
def completion(shell: Annotated[str, typer.Argument(help="bash, zsh or fish.")]) -> None:
    """Print what a shell needs to complete commands, options, tables and sources: source it in the shell's profile."""
    from tributary.cli.completion import script

    sys.stdout.write(script(shell))


@app.command()
def sample(
    scale: Annotated[
        float | None, typer.Option(help="Size of the samples that have one; 1 is that of the original.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Make it again even where it is complete.")] = False,
) -> None:
    """Make the sample sources."""
    _run("sample", "sample", scale=scale, force=force)


for name, group in {
    "init": init,
    "env": environments,
    "users": users,
    "keys": keys,
    "report": report,
    "trino": trino,
}.items():
    app.add_typer(group, name=name)
app.command(cls=StatementCommand)(audit)


def main() -> NoReturn:
    """Run the command line; errors that a person is meant to read end it with one sentence and exit code 1, or 2."""
    # Importing makes many objects and little garbage: collecting often among them costs a tenth of the start-up.
    gc.set_threshold(100_000, 20, 20)
    keep_private()
    let_libraries_be_quiet()
    end_when_asked()
    prepare()
    try:
        # Typer's own way would frame the error, below two lines of usage.
        sys.exit(app(_option_first(sys.argv[1:]), standalone_mode=False, prog_name="tributary"))
    except TyperException as error:
        if error.format_message():  # of no command at all it has shown the help
            sentence(misused(error))
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(1)
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
