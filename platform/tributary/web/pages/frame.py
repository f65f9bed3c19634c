"""Makes pages of templates: what each of them has, whatever it shows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount

from tributary.identity.pages import who_is_there
from tributary.resources import wording
from tributary.resources.errors import TributaryError, UsageError
from tributary.resources.look import drawing
from tributary.resources.look.files import Files, environment, versioned
from tributary.resources.look.headers import HEADERS_WITH_SCRIPTS
from tributary.resources.settings import Settings

if TYPE_CHECKING:
    from tributary.web.pages.calls import Call

TEMPLATES = Path(__file__).with_name("templates")
SITE = (("/", "Home"), ("/catalog/", "Catalogue"), ("/quarantine/", "Quarantine"), ("/platform/", "Platform"))
"""Where the pages of the platform itself lead: address and label."""


class Pages:
    """The pages of one subject, with their templates, static files and links.

    Args:
        settings: whether people log in, and whether over TLS.
        secret: signs what a browser keeps between two calls; empty where it keeps nothing, and no page has a form.
        path: under which the pages are, without a slash at its end; empty for the front page.
        folder: of the package, with `templates` and `static`.
        links: of the navigation: address and label.
        statuses: of answers, by what is raised: those that are nobody's of here.
    """

    def __init__(
        self,
        settings: Settings,
        secret: str,
        path: str,
        folder: Path,
        links: Sequence[tuple[str, str]] = SITE,
        statuses: Mapping[type[TributaryError], int] | None = None,
    ) -> None:
        self.path = path
        self._settings, self._secret, self._links, self._statuses = settings, secret, links, statuses or {}
        self._static = folder / "static"
        self.templates = environment(folder / "templates", TEMPLATES)
        self.templates.globals |= {"drawing": drawing, "home": path or "/"}
        self.templates.globals |= {
            one.__name__: one for one in (wording.ago, wording.count, wording.lasting, wording.size, wording.when)
        }
        if self._static.is_dir():
            address = f"{path}/static/{{}}?v={{}}".format
            self.templates.globals["asset"] = versioned(self._static, address)

    def page(self, call: Call, template: str, status: int = 200, **values: object) -> Response:
        """A page."""
        here = call.request.url.path
        text = self.templates.get_template(template).render(
            links=[(address, label, address == here) for address, label in self._links],
            who=who_is_there(call.principal, asks=bool(self._settings.log_in_ways)),
            csrf=call.token() if self._secret else "",
            may_operate=call.may_operate,
            **{"wrong": False, **values},
        )
        return HTMLResponse(text, status, {**HEADERS_WITH_SCRIPTS, "Cache-Control": "no-store"})

    def fault(self, call: Call, sentence: str, status: int) -> Response:
        """The page of what cannot be done."""
        return self.page(call, "pages/fault.html", status, sentence=sentence)

    def status_of(self, error: TributaryError) -> int:
        """The status that tells browsers and machines whose fault it is."""
        for kind, status in self._statuses.items():
            if isinstance(error, kind):
                return status
        # What was asked cannot be; else a server that it takes does not answer.
        return 409 if isinstance(error, UsageError) else 503

    def application(self, routes: Sequence[BaseRoute]) -> Starlette:
        """The application of the pages; it needs a gate before it, which says who asks.

        Args:
            routes: below `path`.
        """
        from tributary.web.pages.calls import Call

        async def missing(request: Request, _error: Exception) -> Response:
            return self.fault(Call(request), "There is no such page.", 404)

        async def unusable(request: Request, _error: Exception) -> Response:
            return self.fault(Call(request), "This page cannot be used like that.", 405)

        files = [Mount("/static", Files(directory=self._static))] if self._static.is_dir() else []
        handlers: Mapping[Any, Any] = {404: missing, 405: unusable}
        mounted = [Mount(self.path, routes=[*files, *routes])]
        return Starlette(routes=mounted, middleware=list(self._sessions()), exception_handlers=handlers)

    def _sessions(self) -> Iterator[Middleware]:
        if not self._secret:
            return
        name = self.path.strip("/")
        yield Middleware(
            SessionMiddleware,
            secret_key=hashlib.sha256(f"{name} {self._secret}".encode()).hexdigest(),
            session_cookie=f"tributary-{name}",
            path=self.path,
            max_age=None,
            same_site="lax",
            https_only=self._settings.is_secure,
        )
