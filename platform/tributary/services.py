"""What the sources that are on have beside Dagster, loaded once a process.

Whoever calls what a source brings does so `apart`: what fails there is off, with a sentence, and nothing else is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import lru_cache
from typing import NamedTuple, TypeVar

from tributary.assets.services import Process, Services
from tributary.assets.sources import SourceError, as_source_error, get_sources, load_object
from tributary.resources.settings import Settings

_log = logging.getLogger(__name__)

T = TypeVar("T")
Tell = Callable[[str], None]
"""Is told what is wrong, in sentences."""


PLATFORM = frozenset({"code-server", "webserver", "daemon", "web", "dashboard", "postgres"})
"""The names of processes that are the platform's own, and so of logs."""


class Found(NamedTuple):
    """The services by source, and of each source whose services cannot be loaded the sentence that says why."""

    services: Mapping[str, Services]
    broken: Mapping[str, str]


@lru_cache(maxsize=1)
def find_services() -> Found:
    """The services of all sources that work; one that cannot be loaded stops no other."""
    services: dict[str, Services] = {}
    broken: dict[str, str] = {}
    for source in get_sources().working:
        try:
            if source.services:
                services[source.name] = load_object(Services, source.services, f"What {source.name} has beside Dagster")
        except SourceError as error:
            broken[source.name] = str(error)
    return Found(services, broken)


@lru_cache(maxsize=1)
def load_services() -> Mapping[str, Services]:
    """The services by source, of those that can be loaded; the others are told, once."""
    found = find_services()
    for text in found.broken.values():
        _log.warning("%s", text)
    return found.services


@contextmanager
def apart(source: str, what: str, tell: Tell = _log.warning) -> Iterator[None]:
    """Let code of a source fail for itself alone: what it raises is told in a sentence, and goes no further."""
    try:
        with trying(source, what):
            yield
    except SourceError as error:
        tell(str(error))


def trying(source: str, what: str) -> AbstractContextManager[None]:
    """Run code of a source's services: however it fails, a `SourceError` says that `what` failed, and why."""
    module = next(one.services.partition(":")[0] for one in get_sources() if one.name == source)
    return as_source_error(f"{what} of the source {source} failed", module)


def processes_of(settings: Settings, tell: Tell = _log.warning) -> list[Process]:
    """What the sources have `tributary up` run."""
    found: dict[str, Process] = {}
    for name, services in load_services().items():
        with apart(name, "The processes", tell):
            own = {sound(one, Process).name: one for one in services.processes(settings)}
            if taken := own.keys() & (found.keys() | PLATFORM):
                raise SourceError(f"the process {min(taken)} is another's")
            found |= own
    return list(found.values())


@contextmanager
def standing_in(settings: Settings, sources: set[str]) -> Iterator[None]:
    """Hold up the stand-ins of some sources. What reads one that cannot be had fails when it is made."""
    held: list[tuple[str, ExitStack]] = []
    for name, services in load_services().items():
        if name in sources:
            with apart(name, "The stand-in"):
                stack = ExitStack()
                stack.enter_context(services.standin(settings))
                held.append((name, stack))
    try:
        yield
    finally:
        for name, stack in reversed(held):
            with apart(name, "The end of the stand-in"):
                stack.close()


def sound(value: T, kind: type[T]) -> T:
    """The value where it is of its kind.

    Raises:
        SourceError: it is not.
    """
    if not isinstance(value, kind):
        raise SourceError(f"{value!r} is no {kind.__name__}")
    return value
