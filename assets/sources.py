"""Finds the sources: those that come with Tributary, and those of installed packages.

A package adds a source by an entry point of the group `tributary.sources`, whose name is the source's and whose value
is its `Source` as `package.module:NAME`. Of the project itself they are read from its `pyproject.toml`, so that one
that was just added is there before the project is installed again. A source that cannot be loaded stops no other.
"""

from __future__ import annotations

import importlib
import re
import tomllib
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from pathlib import Path
from typing import TypeVar

from tributary.assets.source import SQL, Source
from tributary.resources.errors import AskedToEnd, TributaryError, nearest
from tributary.resources.places import PROJECT
from tributary.resources.settings import (
    PREFIX,
    Settings,
    SettingsError,
    SourceSettings,
    get_settings,
    own_settings,
    read,
    refuse_unknown,
    variables_of,
)

GROUP = "tributary.sources"
"""The group of entry points that add sources."""

BUILT_IN: Mapping[str, str] = {
    "platform": "tributary.assets.platform.source:PLATFORM",
    "calendar": "tributary.assets.calendar.source:CALENDAR",
    "retail": "tributary.assets.retail.source:RETAIL",
    "social": "tributary.assets.social.source:SOCIAL",
    "sneakers": "tributary.assets.sneakers.source:SNEAKERS",
    "meetup": "tributary.assets.meetup.source:MEETUP",
    "pledges": "tributary.assets.pledges.source:PLEDGES",
}
"""The sources that come with Tributary, in the order in which they are shown."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
T = TypeVar("T")


class SourceError(TributaryError):
    """A source, or one of its parts, cannot be loaded."""


@dataclass(frozen=True)
class Sources:
    """The sources that are on.

    Attributes:
        on: those whose record can be loaded, in their order: their tables are known.
        broken: of each that cannot work the sentence that says why; where its settings are wrong, it is among `on` too.
    """

    on: tuple[Source, ...]
    broken: Mapping[str, str]

    def __iter__(self) -> Iterator[Source]:
        return iter(self.on)

    @property
    def working(self) -> Iterator[Source]:
        """Those whose code may be run."""
        return (source for source in self.on if source.name not in self.broken)

    @property
    def settings(self) -> Iterator[SourceSettings]:
        """The settings in force of those that work and have some."""
        return (own_settings(source.settings) for source in self.working if source.settings is not None)


@lru_cache(maxsize=1)
def get_sources() -> Sources:
    """The process's sources, found on first use.

    Raises:
        SettingsError: TRIBUTARY_SOURCES names a source that is not there.
    """
    return find_sources(_registered(), get_settings().source_names)


def check_settings(env_file: Path | None = None) -> None:
    """Look for settings that nobody knows in the environment and a file (default: the project's `.env`).

    Those of a source stop that source alone, and are told with the sources; what the settings of one that is off are
    called, nobody knows.

    Raises:
        SettingsError: one is unknown.
    """
    sources = get_sources()
    without = {source.name for source in sources if source.settings is None}
    passed = {*_registered(), *sources.broken} - without
    refuse_unknown((), [_prefix(name) for name in passed], env_file)


def find_sources(
    registered: Mapping[str, Sequence[str]], wanted: Sequence[str] = (), env_file: Path | None = None
) -> Sources:
    """Load the sources that are wanted, by default all, and those that they need.

    Args:
        registered: by name, where the source is: mostly one place, and more where several packages claim the name.
        wanted: names of sources.
        env_file: the file in which their settings are looked for beside the environment; default: the project's `.env`.

    Raises:
        SettingsError: a name is not registered.
    """
    for name in wanted:
        if name not in registered:
            hint = nearest(name, registered, f"; there are {', '.join(sorted(registered))}.")
            raise SettingsError(f"{PREFIX}SOURCES names {name}, which is no source{hint}")
    loaded: dict[str, Source] = {}
    broken: dict[str, str] = {}
    pending = list(wanted or registered)
    while pending:
        name = pending.pop(0)
        if name in loaded or name in broken:
            continue
        try:
            source = _load(name, registered.get(name, ()))
            _refuse_what_is_there(source, loaded.values())
        except SourceError as error:
            broken[name] = str(error)
            continue
        loaded[name] = source
        pending += source.needs
        if source.settings is not None and (fault := _fault(source, source.settings, registered, env_file)):
            broken[name] = f"The source {name} cannot be loaded: {fault}"
    return Sources(tuple(loaded[name] for name in registered if name in loaded), broken)


def _fault(source: Source, kind: type[SourceSettings], registered: Iterable[str], env_file: Path | None) -> str | None:
    """What is wrong with a source's settings, in one sentence."""
    prefix = _prefix(source.name)
    others = [_prefix(name) for name in registered if _prefix(name).startswith(prefix) and name != source.name]
    try:
        with as_source_error(source.name, kind.__module__):
            refuse_unknown(variables_of(kind), others, env_file, prefix=prefix)
            own_settings(kind) if env_file is None else read(kind, env_file)
    except SourceError as error:
        cause = error.__cause__
        # What a validator of the source's own raises may hold the value, which may be a secret.
        return str(cause) if isinstance(cause, SettingsError) else f"{kind.__name__} fails with {type(cause).__name__}."
    return None


def load_object(kind: type[T], place: str, what: str) -> T:
    """The object at `package.module:NAME`, which `what` names to people.

    Raises:
        SourceError: it is not there, is none of its kind, or its module fails; in one sentence.
    """
    module, _, name = place.partition(":")
    with as_source_error(f"{what} cannot be loaded from {place}", module):
        found = getattr(importlib.import_module(module), name)
        if not isinstance(found, kind):
            raise SourceError(f"it is a {type(found).__name__}, no {kind.__name__}")
    return found


@contextmanager
def as_source_error(what: str, module: str) -> Iterator[None]:
    """Run code of a source, whose module is named: however it fails, that is a sentence that begins with `what`.

    Raises:
        SourceError: it raised something, or was about to end the process.
    """
    try:
        yield
    except AskedToEnd:
        raise
    except (Exception, SystemExit) as error:
        raise SourceError(f"{what}: {_reason(error, module)}.") from error


@lru_cache(maxsize=1)
def _installed() -> EntryPoints:
    """What installed packages register; looked up once a process, as it reads the metadata of all packages."""
    return entry_points(group=GROUP)


def _of_project() -> dict[str, str]:
    """What the project's own `pyproject.toml` registers; nothing where that cannot be read, which its tools tell."""
    try:
        told = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
        return {name: str(place) for name, place in told["project"]["entry-points"][GROUP].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _registered() -> dict[str, tuple[str, ...]]:
    """Where each source is; a folder under `sql/` with nothing else to it is a source of models alone."""
    found: dict[str, tuple[str, ...]] = {name: (place,) for name, place in BUILT_IN.items()}
    own = _of_project()
    points = {*(one for one in _installed() if one.name not in own)}
    points |= {EntryPoint(name, place, GROUP) for name, place in own.items()}
    for point in sorted(points, key=lambda one: one.name):
        found[point.name] = tuple(dict.fromkeys((*found.get(point.name, ()), point.value)))
    for folder in sorted(SQL.iterdir()) if SQL.is_dir() else ():
        if folder.is_dir() and _NAME.fullmatch(folder.name):
            found.setdefault(folder.name, ())
    return found


def _load(name: str, places: Sequence[str]) -> Source:
    if not _NAME.fullmatch(name):
        raise SourceError(f"The source {name!r} cannot be loaded: a name has lower-case letters, digits and _ only.")
    if any(variable.startswith(_prefix(name)) for variable in variables_of(Settings)):
        raise SourceError(f"The source {name!r} cannot be loaded: {_prefix(name)} begins settings of Tributary's own.")
    if not places:
        if (SQL / name).is_dir():
            return Source(name)
        raise SourceError(f"The source {name} cannot be loaded: another one needs it, and nobody has it.")
    if len(places) > 1:
        raise SourceError(f"The source {name} cannot be loaded: there are several, {' and '.join(places)}; keep one.")
    source = load_object(Source, places[0], f"The source {name}")
    if source.name != name:
        raise SourceError(f"The source {name} cannot be loaded: it is registered so, and calls itself {source.name}.")
    if source.settings is not None and source.settings.model_config.get("env_prefix", "").upper() != _prefix(name):
        raise SourceError(
            f"The source {name} cannot be loaded: {source.settings.__name__} must have env_prefix={_prefix(name)!r}."
        )
    return source


def _refuse_what_is_there(source: Source, others: Iterable[Source]) -> None:
    """Refuse a source that makes a table of another's: two would write it in turns."""
    made = {table.key: other.name for other in others for table in other.tables}
    for table in source.tables:
        if table.key in made:
            raise SourceError(
                f"The source {source.name} cannot be loaded: it makes {table.key}, which {made[table.key]} makes."
            )


def _prefix(name: str) -> str:
    return f"{PREFIX}{name.upper()}_"


def _reason(error: BaseException, module: str) -> str:
    """What a module failed with, and where: the innermost line of its own package, which is the one to mend."""
    if isinstance(error, TributaryError):
        return str(error).rstrip(".")
    if isinstance(error, SyntaxError):
        return f"{Path(error.filename or '').name}:{error.lineno}: {error.msg}"
    package = module.partition(".")[0]
    frames = [
        one for one in traceback.extract_tb(error.__traceback__) if package in Path(one.filename).with_suffix("").parts
    ]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}: " if frames else ""
    text = next(iter(str(error).strip().splitlines()), "").rstrip(".")
    return f"{where}{type(error).__name__}: {text}" if text else f"{where}{type(error).__name__}"
