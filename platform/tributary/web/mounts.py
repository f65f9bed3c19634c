"""The sources' web apps in the web process: one that cannot be opened, or fails, is off alone."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import NamedTuple

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tributary.assets.services import Mount
from tributary.assets.sources import SourceError
from tributary.launcher.services import DAGSTER_PATH, DASHBOARD_PATH
from tributary.resources.postgres.databases import Databases
from tributary.services import apart, load_services, sound, trying
from tributary.web.collector import COLLECTOR

_log = logging.getLogger(__name__)


class Opened(NamedTuple):
    """A web app under its path; where it could not be opened, what says so."""

    mount: Mount
    app: ASGIApp
    works: bool

    @property
    def tile(self) -> tuple[str, str, str]:
        """The address, the title and the description on the front page; without an address it is no link."""
        if not self.works:
            return "", self.mount.title, "Could not be opened; the log of the web process says why."
        return f"{self.mount.path}/", self.mount.title, self.mount.description


@lru_cache(maxsize=1)
def find_mounts() -> tuple[tuple[str, Mount], ...]:
    """The web apps of all sources, each with its source's name."""
    found: dict[str, tuple[str, Mount]] = {}
    for name, services in load_services().items():
        with apart(name, "The web apps"):
            own = {sound(one, Mount).path: (name, one) for one in services.mounts}
            if taken := own.keys() & {COLLECTOR, DAGSTER_PATH, DASHBOARD_PATH, *found}:
                raise SourceError(f"{min(taken)} is another's")
            found |= own
    return tuple(found.values())


def open_mounts(databases: Databases, secret: str) -> list[Opened]:
    """Open the web apps of all sources; `secret` is the key that signs their sessions."""
    return [_open(source, mount, databases, secret) for source, mount in find_mounts()]


def _open(source: str, mount: Mount, databases: Databases, secret: str) -> Opened:
    try:
        with trying(source, f"The web app at {mount.path}"):
            app = mount.open(databases, secret)
            if not callable(app):
                raise SourceError(f"it is a {type(app).__name__}, no ASGI application")
    except SourceError as error:
        _log.error("%s", error)
        text = f"{mount.title} could not be opened; the log of the web process says why."
        return Opened(mount, PlainTextResponse(text, 503), works=False)
    return Opened(mount, _apart(app), works=True)


def _apart(app: ASGIApp) -> ASGIApp:
    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except SystemExit as error:  # it would end the web process
            raise SourceError("A web app was about to end the web process.") from error

    return asked
