"""`tributary --env NAME …`: making an environment, comparing it, publishing it, listing and dropping environments."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

import msgspec

from tributary.assets.sources import get_sources
from tributary.cli.check import tell_refused
from tributary.cli.console import check_format, out
from tributary.cli.differences import FORMATS, write
from tributary.cli.progress import show
from tributary.cli.selecting import meant
from tributary.cli.tables import Heading, print_rows
from tributary.resources.errors import UsageError, nearest
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings, get_settings
from tributary.resources.warehouse.environments.naming import Environment, environment_name
from tributary.resources.wording import ago, listed, size

if TYPE_CHECKING:
    from tributary.assets.automation.partitions import Partitions
    from tributary.cli.materialize import Wanted
    from tributary.environments.building import Plan
    from tributary.environments.state import State

DIFFERS = 3
"""The exit code where an environment differs from production."""


def required(settings: Settings) -> str:
    """The name of the environment that a command is for.

    Raises:
        UsageError: none is named.
    """
    if not settings.environment:
        raise UsageError("Name an environment, as in `tributary --env dev …`.")
    return settings.environment


@contextmanager
def _state() -> Iterator[State]:
    from tributary.environments.state import open_state

    settings = get_settings()
    required(settings)
    with connect(settings) as databases, open_state(settings, databases) as state:
        yield state


def materialize(
    selections: Sequence[str], exclude: Sequence[str], against: str, partitions: Partitions, *, force: bool
) -> int:
    """Make in the environment what of the selections differs from production."""
    with _state() as state:
        tell_refused(state.platform)
        assets = meant(selections, exclude, against, state.graph)
        return _make(state, [one.key for one in assets], partitions, force=force)


def plan(wanted: Wanted, output: str) -> int:
    """Show what `materialize` would make in the environment."""
    from tributary.asset_records import open_records
    from tributary.assets.automation.partitions import Partitions
    from tributary.cli.plan import write as write_plan
    from tributary.environments import building
    from tributary.plan import Planned, Step
    from tributary.planning import Plan, Upstream

    partitions = Partitions(wanted.partition, wanted.start, wanted.end)
    with _state() as state, open_records(state.graph, state.settings) as records:
        keys = [one.key for one in meant(wanted.selections, wanted.exclude, wanted.against, state.graph)]
        found = building.plan(state, keys, partitions, force=wanted.force)
        names = [[".".join(key.path) for key in run.keys] for run in found.runs]
        steps = [
            [Step(state.graph.by_key[key], "make", (found.differs[key],), records.seconds.get(key)) for key in run]
            for run in names
        ]
        if output != "json":
            _tell(state, found)
        write_plan(Planned(Plan(tuple(found.runs)), Upstream()), steps, state.graph, records, [], output)
    return 0


def _make(state: State, keys: Sequence[str], partitions: Partitions, *, force: bool) -> int:
    from tributary.environments.building import build
    from tributary.environments.building import plan as planned_of

    planned = planned_of(state, keys, partitions, force=force)
    _tell(state, planned)
    if planned.runs:
        for key in planned.todo:
            out.print(f"[dim]{key}: {planned.differs[key]}[/]", soft_wrap=True)
    else:
        stands = (
            f"all {len(planned.differs)} that differ from production stand" if planned.differs else "nothing differs"
        )
        out.print(f"[green]✓[/] Nothing is to be made in {state.engine.environment.name}: {stands}.")
    return build(state, planned, show)


def _tell(state: State, planned: Plan) -> None:
    """Say what of a selection is not made, and what goes."""
    for key in planned.outside:
        out.print(
            f"[yellow]↷[/] {key} has other code than production's, and is read as production has it: an environment "
            "holds tables, and nothing of the lake.",
            soft_wrap=True,
        )
    if planned.lacking:
        out.print(
            f"[yellow]↷[/] Left out, as production never made what they are made from: {listed(planned.lacking)}.",
            soft_wrap=True,
        )
    for key in planned.gone:
        out.print(f"{key} differs no more, and goes from {state.engine.environment.name}.", soft_wrap=True)


def diff(names: Sequence[str], output: str) -> int:
    """Show how tables, or all that the environment holds, differ from production's; 3 where some do."""
    check_format(output, FORMATS)
    settings = get_settings()
    required(settings)
    return _diff(settings, [name.replace("/", ".") for name in names], output)


def preview(selections: Sequence[str], exclude: Sequence[str], against: str) -> int:
    """Make in the environment what differs, and write how it does as Markdown to the output; progress goes beside."""
    from tributary.assets.automation.partitions import UNPARTITIONED

    with redirect_stdout(sys.stderr):
        failed = materialize(selections, exclude, against, UNPARTITIONED, force=False)
    return failed or _diff(get_settings(), [], "markdown")


def _diff(settings: Settings, names: Sequence[str], output: str) -> int:
    from tributary.contents import read_contents
    from tributary.environments.comparing import compare_all

    contents = read_contents(get_sources(), settings.home)
    unknown = next((name for name in names if name not in contents.tables), None)
    if unknown is not None:
        raise UsageError(f"{unknown} is no table{nearest(unknown, contents.tables, '; `tributary ls` lists them.')}")
    with connect(settings) as databases:
        found = compare_all(contents, databases, Environment(settings.environment), names)
    if not found and output != "json":
        out.print(f"{settings.environment} holds nothing: all is production's.")
    else:
        write(found, settings.environment, output)
    return DIFFERS if any(one is not None and one.differs for one in found.values()) else 0


def ls(output: str) -> int:
    """List the environments: what each holds, how much that is, how old, and whether production has moved on."""
    from tributary.environments.listing import every_environment

    if output not in ("table", "json"):
        raise UsageError(f"--format {output} is not known; use table, json.")
    with connect(get_settings()) as databases:
        found = every_environment(get_settings(), databases)
    if output == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
        return 0
    headings = (Heading("environment"), Heading("tables", right=True), Heading("size", right=True), Heading("made"))
    rows = [
        (
            one.name,
            f"{len(one.tables):,}",
            size(one.bytes),
            "" if one.at is None else ago(one.at),
            ", ".join(one.behind) or "no",
        )
        for one in found
    ]
    print_rows((*headings, Heading("behind production", wraps=True)), rows)
    return 0


def drop(name: str) -> int:
    """Drop an environment, and nothing else."""
    from tributary.resources.warehouse.base import Origin
    from tributary.resources.warehouse.environments.dropping import drop as drop_all
    from tributary.resources.warehouse.environments.holding import environments, schemas_of
    from tributary.resources.warehouse.postgres.session import open_session

    try:
        environment = Environment(environment_name(name))
    except ValueError as error:
        raise UsageError(f"{name!r} names no environment: {error}.") from None
    with (
        connect(get_settings()) as databases,
        open_session(databases.url("warehouse"), Origin(asset=f"environment {environment.name}")) as session,
    ):
        if not schemas_of(session, environment):
            known = [one.name for one in environments(session)]
            raise UsageError(f"There is no environment {environment.name}{nearest(environment.name, known)}")
        count = drop_all(session, environment)
    out.print(f"[green]✓[/] {environment.name} is dropped, with {count} tables.")
    return 0


def promote() -> int:
    """Publish the environment in production."""
    from tributary.environments.promoting import left_behind, publish

    with _state() as state:
        name, made = state.engine.environment.name, state.made()
        behind = left_behind(state, made)
        code = publish(state, show)
    if made:
        out.print(f"[green]✓[/] {len(made)} tables of {name} are production's now.")
    else:
        out.print(f"{name} holds nothing that is not production's.")
    if behind:
        out.print(f"[yellow]↷[/] Production makes again what reads them: {', '.join(behind)}.")
    return code
