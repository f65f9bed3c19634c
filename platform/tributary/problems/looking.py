"""Puts together what is wrong, of what is known by whom; who does not answer is told, and proves nothing to be well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tributary.assets.sources import get_sources
from tributary.catalogue import get_catalogue
from tributary.dagster_client import DagsterClient
from tributary.problems import finding
from tributary.problems.finding import Problem
from tributary.problems.knowing import FromDagster, FromWarehouse, OfDagster, of_warehouse, told
from tributary.resources.disk import free_bytes
from tributary.resources.settings import Settings
from tributary.resources.warehouse.opening import open_serving, open_warehouse
from tributary.services import find_services

DAGSTER, WAREHOUSE = "Dagster", "The warehouse"
POSTGRES = "Postgres"
"""The part without which nothing that is in a database is known."""


@dataclass(frozen=True)
class Found:
    """What is wrong, what does not work before what is to be looked at, and the servers that did not answer."""

    problems: Sequence[Problem]
    silent: frozenset[str]


class Look:
    """Looks for all that needs somebody; each look asks Dagster and the warehouse anew.

    Args:
        settings: of the home and its disk.
        dagster: stays its opener's to close.
        down: the parts that are down at this moment.
    """

    def __init__(self, settings: Settings, dagster: DagsterClient, down: Callable[[], list[str]]) -> None:
        self._settings, self._down = settings, down
        self._ask = OfDagster(dagster)
        self.warehouse = open_warehouse(settings)
        self.serving = open_serving(settings) if settings.copied_from else self.warehouse

    def __call__(self, rejected_over: int = 0) -> Found:
        """What is found now; of records in quarantine more than so many of a table."""
        down = self._down()
        return self.found(down, self.of_dagster(), "" if POSTGRES in down else self.of_warehouse(), rejected_over)

    def of_dagster(self) -> FromDagster | str:
        """What Dagster tells, or why it does not."""
        return told(self._ask)

    def of_warehouse(self) -> FromWarehouse | str:
        """What the warehouse tells, or why it does not."""
        return told(lambda: of_warehouse(self.warehouse, self.serving))

    def found(
        self, down: Sequence[str], dagster: FromDagster | str, warehouse: FromWarehouse | str, rejected_over: int = 0
    ) -> Found:
        """What is wrong, of what is known; an empty text says that the reason is known from the parts that are down."""
        sources, catalogue, now = get_sources(), get_catalogue(), datetime.now(UTC)
        working = list(sources.working)
        silent = {name: one for name, one in ((DAGSTER, dagster), (WAREHOUSE, warehouse)) if isinstance(one, str)}
        home = self._settings.home
        found = [
            *finding.of_parts(down, {name: text for name, text in silent.items() if text}),
            *finding.of_declarations(catalogue, {**sources.broken, **find_services().broken}),
            *finding.of_disk(free_bytes(home), str(home)),
        ]
        if isinstance(dagster, FromDagster):
            found += _told_by(finding.of_dagster(dagster, working, now), DAGSTER)
        if isinstance(warehouse, FromWarehouse):
            rejected = {name: number for name, number in warehouse.rejected.items() if number > rejected_over}
            found += _told_by(finding.of_quarantine(rejected), WAREHOUSE)
        if isinstance(dagster, FromDagster) and isinstance(warehouse, FromWarehouse):
            # What was made again and came out the same, only Dagster knows of.
            found += _told_by(finding.of_age(working, catalogue, warehouse, dagster, now), DAGSTER, WAREHOUSE)
        return Found(finding.ordered(found), frozenset(silent))


def _told_by(problems: Iterable[Problem], *servers: str) -> Iterator[Problem]:
    return (replace(one, told_by=servers) for one in problems)
