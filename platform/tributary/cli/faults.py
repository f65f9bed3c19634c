"""What went wrong outside the code, in one sentence: a full disk, a server that died, a home that cannot be written.

Failures that this does not know are faults of the code, and keep their traceback.
"""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator
from pathlib import Path

from tributary.resources.disk import full_disk
from tributary.resources.errors import TributaryError
from tributary.resources.home import unusable
from tributary.resources.settings import PROJECT_ROOT, Settings

_FULL = (errno.ENOSPC, errno.EDQUOT)
_DATABASE = {"psycopg.Error", "psycopg2.Error", "sqlalchemy.SQLAlchemyError", "tributary.PostgresError"}
_NEWER = "Can't locate revision"


def explained(error: BaseException, settings: Settings) -> str | None:
    """The sentence for a failure; None where it is not known."""
    causes = list(_causes(error))
    full = full_disk(settings.home)
    for cause in causes:
        if isinstance(cause, OSError) and cause.errno in _FULL:
            place = Path(str(cause.filename)) if cause.filename else settings.home
            return f"{place} cannot be written: its disk is full; make room, then run it again."
    if _is_of_the_database(causes):
        if full is not None and settings.postgres_url is None:
            return f"Postgres in {settings.home} cannot go on: {full}; make room, then run it again."
        for cause in causes:
            if isinstance(cause, TributaryError):
                return str(cause)
        if any(_NEWER in str(cause) for cause in causes):
            return "The database was written by a newer version of Dagster: update Tributary, or name another database."
        log = f"; see {settings.home / 'logs' / 'postgres.log'}" if settings.postgres_url is None else ""
        return f"Postgres did not do its part ({_first_line(causes[-1])}){log}, then run it again."
    for cause in causes:
        if isinstance(cause, TributaryError):
            return str(cause)
        if isinstance(cause, OSError) and cause.filename and Path(str(cause.filename)).is_relative_to(settings.home):
            return unusable(settings.home, f"{cause.filename}: {(cause.strerror or type(cause).__name__).lower()}")
    return next(filter(None, map(_of_a_module, causes)), None)


def _of_a_module(error: BaseException) -> str | None:
    """The sentence for a Python file of the project that cannot be imported; None for failures of other kinds."""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(PROJECT_ROOT):
        place, problem = f"{Path(error.filename).relative_to(PROJECT_ROOT)}:{error.lineno}", error.msg
    else:
        frames = traceback.extract_tb(error.__traceback__)
        importing = [one for one in frames if one.name == "<module>" and Path(one.filename).name != "__main__.py"]
        ours = [one for one in importing if Path(one.filename).is_relative_to(PROJECT_ROOT)]
        if not ours or ".venv" in Path(ours[-1].filename).parts:
            return None
        place = f"{Path(ours[-1].filename).relative_to(PROJECT_ROOT)}:{ours[-1].lineno}"
        problem = f"{type(error).__name__}: {_first_line(error)}"
    return f"{place} cannot be imported: {problem}; mend it, then run it again."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The failure, and what led to it, down to the first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _is_of_the_database(causes: list[BaseException]) -> bool:
    """Whether a driver's refusal is among the causes; by name, since a driver that was not imported raised nothing."""
    kinds = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for one in causes for kind in type(one).__mro__}
    return bool(kinds & _DATABASE)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
