"""The commands that sources bring, beside the platform's own; a source whose commands fail stops nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import typer
from typer.exceptions import TyperException

from tributary.cli.running import Group, guard
from tributary.resources.errors import TributaryError


class Commands(Group):
    """The commands of the platform, and those of the sources that are on, which are looked for where none is meant."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; None where there is none."""
        found = super().get_command(ctx, cmd_name)
        return found if found is not None else _of_sources().get(cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands."""
        return [*super().list_commands(ctx), *_of_sources()]


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
            if isinstance(error.__cause__, TributaryError | SystemExit | TyperException | typer.Exit | typer.Abort):
                raise error.__cause__ from None
            raise
        with trying(source, what):
            return 0 if code is None else sound(code, int)

    @wraps(function)
    def guarded(**arguments: object) -> None:
        guard(lambda: run(arguments))

    return guarded
