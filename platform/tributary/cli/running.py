"""How a command is found and run: by its name, on settings that are sound, and how it ends where something fails."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from tributary.cli.console import sentence, unread
from tributary.cli.signals import exit_code, ignore_from_now
from tributary.resources.errors import TributaryError, UsageError, nearest
from tributary.resources.home import prepare_home

ENVIRONMENT = "TRIBUTARY_ENVIRONMENT"
_WITH_ENVIRONMENTS = (
    "check", "environments", "lineage", "ls", "materialize", "plan", "query", "render", "status", "unit_tests",
)  # fmt: skip
"""The modules of commands that an environment makes a difference to, or none."""


class Group(TyperGroup):
    """Commands by name, of which the nearest is named to who calls none."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called.

        Raises:
            UsageError: there is none of the name.
        """
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            hint = nearest(name, self.list_commands(ctx), f"; `{ctx.command_path} --help` lists them.")
            raise UsageError(f"{ctx.command_path} has no command {name}{hint}")
        return super().resolve_command(ctx, args)


class StatementCommand(TyperCommand):
    """A command whose argument may begin with `--`, as a comment of SQL does."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Set what cannot be an option apart from the options; no option's name holds a blank."""
        texts = [text for text in args if text.startswith("--") and re.match(r"--[\w-]*\s", text)]
        if texts and "--" not in args:
            args = [*(text for text in args if text not in texts), "--", *texts]
        return super().parse_args(ctx, args)


def misused(error: TyperException) -> str:
    """What is wrong with how a command was called, in one sentence."""
    context: Any = getattr(error, "ctx", None)
    where = f"{context.command_path}: " if context is not None else ""
    hint = f"; `{context.command_path} --help` tells how." if context is not None else "."
    known = [one for parameter in context.command.params for one in parameter.opts] if context is not None else []
    option = getattr(error, "option_name", "")
    hint = nearest(option, known, hint) if option else hint
    text = " ".join((error.message if option else error.format_message()).split()).rstrip(".")
    return f"{where}{text[:1].lower()}{text[1:]}{hint}"


def run(module: str, function: str, **arguments: object) -> None:
    """Import a command's module only now, and run it; a command returns its exit code."""
    guard(lambda: getattr(importlib.import_module(f"tributary.cli.{module}"), function)(**arguments), module)


def guard(command: Callable[[], int], module: str = "") -> None:
    """Run a command on settings and a home that are sound, and end as it ends; what went wrong is one sentence."""
    from tributary.assets.sources import check_settings
    from tributary.resources.settings import get_settings

    check_settings()
    settings = get_settings()
    if settings.environment and module not in _WITH_ENVIRONMENTS:
        raise UsageError(f"This command knows production alone: leave --env and {ENVIRONMENT} out.")
    prepare_home(settings.home, restores=module == "backups")
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
