"""The commands that write a beginning: a project, a source, a model, a report, Dagster's configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tributary.cli.running import Group
from tributary.cli.running import run as _run

init = typer.Typer(cls=Group, help="Write what a team begins with.", no_args_is_help=True)


@init.command()
def project(
    folder: Annotated[Path, typer.Argument(help="An empty folder, or one that is not there yet.")] = Path(),
    name: Annotated[str, typer.Option(help="Name of the source; default: the folder's.")] = "",
) -> None:
    """Write a project of one's own: one source with one SQL model, which works as it is."""
    from tributary.cli.init import project as write

    write(folder, name)


@init.command("source")
def init_source(
    name: Annotated[str, typer.Argument(help="Name of the source, in lower case.")],
    kind: Annotated[str, typer.Option(help="csv, json-objects, api, events or form.")],
) -> None:
    """Write a source of a kind into the project, with stand-in data, a model and tests, which works as it is."""
    _run("init_source", "source", name=name, kind=kind)


@init.command("model")
def init_model(
    name: Annotated[str, typer.Argument(help="The table that it makes, as gold.store_months.")],
    read: Annotated[list[str] | None, typer.Option("--from", help="A table that it reads; repeatable.")] = None,
    source: Annotated[str, typer.Option(help="The source whose it is; default: that of the first table.")] = "",
) -> None:
    """Write a SQL model with its unit test."""
    _run("init_model", "model", name=name, read=read or [], source=source)


@init.command("report")
def init_report(
    name: Annotated[str, typer.Argument(help="Name of the report, as late_orders.")],
    read: Annotated[list[str] | None, typer.Option("--from", help="A table that it reads; repeatable.")] = None,
    source: Annotated[str, typer.Option(help="The source whose it is; default: that of the first table.")] = "",
) -> None:
    """Write a report, a SQL model that is asked with parameters, with its unit test."""
    _run("init_model", "report", name=name, read=read or [], source=source)


@init.command()
def dagster() -> None:
    """Write Dagster's configuration and print its folder, the DAGSTER_HOME of `dagster dev` and `dg`."""
    _run("init", "dagster")
