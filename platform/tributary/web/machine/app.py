"""The page of the platform: what is known of it, gathered once for all who look, and shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from tributary.dagster_client import DagsterClient
from tributary.dagster_client.costs import spending_since
from tributary.dagster_client.runs import Run
from tributary.dagster_client.ticks import Acting, acting
from tributary.launcher.services import DAGSTER_PATH
from tributary.resources.disk import free_bytes
from tributary.resources.errors import TributaryError
from tributary.resources.settings import Settings
from tributary.web.machine.costs import SPENT_WINDOW, WINDOW, Spent, a_minute, costs, spent
from tributary.web.machine.disk import Disk
from tributary.web.machine.processes import Processes
from tributary.web.pages.calls import Call, served
from tributary.web.pages.frame import Pages
from tributary.web.pages.kept import Kept

PATH = "/platform"
_MOST_RUNS = 1000


class PlatformPage:
    """The page.

    Args:
        settings: of the home.
        dagster: stays its opener's to close.
        down: the parts that are down at this moment.
        disk: measures what takes the disk.
    """

    def __init__(self, settings: Settings, dagster: DagsterClient, down: Callable[[], list[str]], disk: Disk) -> None:
        self._settings, self._client, self._down = settings, dagster, down
        self._processes = Kept(Processes(settings.home).look, fresh=2.0, usable=2.0)
        self._disk = Kept(disk.measure, fresh=60.0, usable=600.0)
        self._dagster = Kept(self._told, fresh=4.0, usable=30.0)
        self._spent = Kept(self._spent_on, fresh=60.0, usable=600.0)
        self._pages = Pages(settings, "", PATH, Path(__file__).parent)
        self._pages.templates.globals["dagster_path"] = DAGSTER_PATH
        self.application: Starlette = self._pages.application([Route("/", served(self._pages, self._shown))])

    def _told(self) -> tuple[Acting, list[Run]] | str:
        try:
            since = datetime.now(UTC) - WINDOW
            return acting(self._client), self._client.runs(_MOST_RUNS, since=since)
        except TributaryError as error:
            return str(error)

    def _spent_on(self) -> Spent | str:
        """What statements took, where the engine counts it; an empty text where nothing was spent."""
        try:
            return spent(spending_since(self._client, datetime.now(UTC) - SPENT_WINDOW)) or ""
        except TributaryError as error:
            return str(error)

    def _shown(self, call: Call) -> Response:
        machine, uses = self._processes.get()
        told, now = self._dagster.get(), datetime.now(UTC)
        found, runs = (None, []) if isinstance(told, str) else told
        return self._pages.page(
            call,
            "platform.html",
            machine=machine,
            uses=uses,
            down=self._down(),
            disk=self._disk.get(),
            free=free_bytes(self._settings.home),
            home_folder=str(self._settings.home),
            away=told if isinstance(told, str) else "",
            acting=found,
            costs=costs(runs),
            a_minute=a_minute(runs, now),
            engine=self._settings.copied_from,
            spent=self._spent.get() if self._settings.copied_from else "",
            cut=len(runs) == _MOST_RUNS,
            now=now,
        )
