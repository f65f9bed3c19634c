"""The databases of a process: connected to when first needed, and held until the process ends."""

from __future__ import annotations

import atexit
from functools import lru_cache

from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings


@lru_cache(maxsize=4)
def shared_databases(settings: Settings) -> Databases:
    """The databases of these settings; their server is started, or joined, at the first call."""
    databases = connect(settings)
    atexit.register(databases.close)
    return databases
