"""The stock storages in Postgres, which the platform's extend; they import Alembic when it is used, not at each start.

Their modules import it whole, which takes a fifth of the time that `import dagster` does, and use it only where a
database is new or was another version's. They cannot be told, so that while they are imported modules in its place give
them names that import it when they are called.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

_ALEMBIC = "alembic"
_PARTS = ("command", "config", "runtime", "runtime.environment", "runtime.migration", "script")


class _Stand(ModuleType):
    """Stands in for a module of Alembic's."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return sys.modules.get(f"{self.__name__}.{name}") or _Late(self.__name__, name)


class _Late:
    """A function or class of Alembic's."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __call__(self, *arguments: Any, **words: Any) -> Any:
        return getattr(import_module(self._module), self._name)(*arguments, **words)

    def __getattr__(self, name: str) -> Any:
        return getattr(getattr(import_module(self._module), self._name), name)


@contextmanager
def _late_alembic() -> Iterator[None]:
    """Have what is imported meanwhile import Alembic when it is used, unless it is there already."""
    names = [] if _ALEMBIC in sys.modules else [_ALEMBIC, *(f"{_ALEMBIC}.{part}" for part in _PARTS)]
    sys.modules |= {name: _Stand(name) for name in names}
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


with _late_alembic():
    from dagster._core.storage import alembic as _migrations
    from dagster._core.storage.event_log import SqlEventLogStorage
    from dagster._core.storage.event_log.schema import SqlEventLogStorageMetadata
    from dagster._core.storage.runs.schema import RunStorageSqlMetadata
    from dagster._core.storage.schedules.schema import ScheduleStorageSqlMetadata
    from dagster_postgres.event_log import PostgresEventLogStorage
    from dagster_postgres.event_log.event_log import CHANNEL_NAME
    from dagster_postgres.run_storage import PostgresRunStorage
    from dagster_postgres.schedule_storage import PostgresScheduleStorage
    from dagster_postgres.utils import create_pg_engine

__all__ = [
    "CHANNEL_NAME",
    "PostgresEventLogStorage",
    "PostgresRunStorage",
    "PostgresScheduleStorage",
    "RunStorageSqlMetadata",
    "ScheduleStorageSqlMetadata",
    "SqlEventLogStorage",
    "SqlEventLogStorageMetadata",
    "create_pg_engine",
    "newest_revision",
]


@lru_cache
def newest_revision() -> str:
    """The revision of Dagster's tables as its code makes them: the one that no migration of its own follows."""
    (folder,) = _migrations.__path__
    text = "\n".join(path.read_text(encoding="utf-8") for path in Path(folder, "versions").glob("*.py"))
    made, followed = (
        set(re.findall(rf'^{name} = "(\w+)"', text, re.MULTILINE)) for name in ("revision", "down_revision")
    )
    (newest,) = made - followed
    return str(newest)
