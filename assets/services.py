"""What of a source stands beside Dagster: processes, its web app, a sample of its data, commands.

Nothing here imports Dagster, and neither does a module that holds a `Services`: the web process and the command line
load it. What is heavy is imported by the functions when they are called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from tributary.resources.errors import UsageError
from tributary.resources.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from tributary.resources.lake.model import Lake
    from tributary.resources.lake.versions import Unneeded
    from tributary.resources.postgres.databases import Databases

Told: TypeAlias = Callable[[str, float], None]
"""Is told how far something has come: its name, and a fraction from 0 to 1."""


_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class SampleError(UsageError):
    """The sample cannot be made as asked."""


@dataclass(frozen=True)
class Process:
    """A Python module that `tributary up` runs in a process of its own, and holds up.

    Attributes:
        name: what people call it; its log is `<name>.log`.
        module: the module, run as `python -m` would.
        arguments: the module's arguments.
        port: the port on loopback that it binds, which must be free.
        port_setting: the variable that sets this port.
        ready: a URL that answers as soon as it can be used.
        feeds: whether it sends something to the platform, and so starts when the servers answer; else it starts first,
            and nothing is materialised before it is ready.
    """

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    port: int | None = None
    port_setting: str = ""
    ready: str = ""
    feeds: bool = False

    def __post_init__(self) -> None:
        if not all(isinstance(word, str) for word in (self.name, self.module, *self.arguments, self.ready)):
            raise TypeError(f"name, module, arguments and ready of the process {self.name!r} must be texts")
        if not _WORD.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of a process, which has letters, digits, - and _ only")
        if self.port is not None and self.port not in range(1, 65536):
            raise ValueError(f"the process {self.name} cannot have port {self.port!r}")


@dataclass(frozen=True)
class Mount:
    """A web app that the web process serves under a path.

    Attributes:
        path: the path, as `/weather` without a slash at its end.
        title: what the link on the front page says.
        description: what the front page says of it, in a sentence.
        open: makes the ASGI application, of the databases and the key that signs sessions.
        largest_body: bytes of a request, at most.
    """

    path: str
    title: str
    description: str
    open: Callable[[Databases, str], ASGIApp]
    largest_body: int

    def __post_init__(self) -> None:
        if not (self.path.startswith("/") and _WORD.fullmatch(self.path[1:])):
            raise ValueError(f"{self.path!r} is no path of a web app, which is one word after a slash")


@dataclass(frozen=True)
class SampleWanted:
    """What sample is asked for: of which size, where the source has sizes, and whether to make it again."""

    scale: float | None = None
    force: bool = False


USUAL_SAMPLE = SampleWanted()
"""Of the usual size, and left alone where it is there."""


@dataclass(frozen=True)
class Sampled:
    """What became of a sample: whether it was made now, and the sentence that says so."""

    made: bool
    sentence: str


def _nothing(_settings: Settings) -> AbstractContextManager[object]:
    return nullcontext()


@dataclass(frozen=True)
class Services:
    """What of a source stands beside Dagster.

    Attributes:
        processes: what `tributary up` runs; given the platform's settings.
        standin: holds up a stand-in for the source while a command in one process materialises its raw assets.
        sample: makes the sample where it is wanted and missing; None where the source's data are the user's own.
        mounts: its web apps.
        unneeded: finds the objects in the lake that nothing needs any more, whatever their age.
        commands: its commands, by name: functions with Typer's annotations that return an exit code.
    """

    processes: Callable[[Settings], Sequence[Process]] = lambda _settings: ()
    standin: Callable[[Settings], AbstractContextManager[object]] = _nothing
    sample: Callable[[Settings, SampleWanted, Told], Sampled | None] | None = None
    mounts: Sequence[Mount] = ()
    unneeded: Callable[[Lake], Iterable[Unneeded]] = lambda _lake: ()
    commands: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
