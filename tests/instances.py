"""Opens the Dagster instance of a home in the tests' own process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dagster import DagsterInstance

from tributary.instance.opening import open_instance
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import Settings


@contextmanager
def instance_of(settings: Settings, databases: Databases) -> Iterator[DagsterInstance]:
    """The home's instance; what opening it puts into the environment is taken back afterwards."""
    before = dict(os.environ)
    try:
        with open_instance(settings, databases) as instance:
            yield instance
    finally:
        os.environ.clear()
        os.environ.update(before)
