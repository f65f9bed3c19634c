"""The application of the pages of reports: which address is which page."""

from __future__ import annotations

import hashlib

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from tributary.reports.service import Reports
from tributary.resources.look.files import Files
from tributary.resources.settings import Settings
from tributary.web.reports.calls import Call, served
from tributary.web.reports.form_pages import FormPages
from tributary.web.reports.request_pages import RequestPages
from tributary.web.reports.rules import FORM
from tributary.web.reports.showing import PATH, STATIC, Showing

LARGEST_FORM = 1024 * 1024
"""Bytes of a form; one with a thousand lines has less than half of it."""


def create_pages(reports: Reports, settings: Settings, secret: str) -> Starlette:
    """The pages, under `PATH`; they need a gateway before them, which says who asks.

    Args:
        reports: stay their opener's to close.
        settings: whether people log in, and whether over TLS.
        secret: signs what a browser keeps while it fills in forms.
    """
    showing = Showing(asks=bool(settings.log_in_ways))
    asking, following = FormPages(reports, showing), RequestPages(reports, showing)
    one = "/requests/{id:str}"
    gets = {
        "/": asking.listed,
        "/requests": following.listed,
        one: following.shown,
        f"{one}/download.{{format:str}}": following.downloaded,
        "/saved": following.saved,
        "/{name:str}": asking.opened,
        # Where a form was sent and refused, its address is reloaded.
        f"/{{name:str}}{FORM}": asking.anew,
        "/{name:str}/requests": asking.anew,
        "/{name:str}/saved": asking.anew,
    }
    posts = {
        f"{one}/cancel": following.cancelled,
        f"{one}/retry": following.retried,
        f"{one}/again": following.again,
        "/saved/{id:str}/remove": following.unsaved,
        f"/{{name:str}}{FORM}": asking.changed,
        "/{name:str}/requests": asking.asked,
        "/{name:str}/saved": asking.saved,
    }
    routes = [Route(path, served(showing, handle), methods=["GET"]) for path, handle in gets.items()]
    routes += [Route(path, served(showing, handle), methods=["POST"]) for path, handle in posts.items()]
    kept = Middleware(
        SessionMiddleware,
        secret_key=hashlib.sha256(f"reports {secret}".encode()).hexdigest(),
        session_cookie="tributary-reports",
        path=PATH,
        max_age=None,
        same_site="lax",
        https_only=settings.is_secure,
    )

    async def missing(request: Request, _error: Exception) -> Response:
        return showing.fault(Call(request), "There is no such page.", 404)

    async def unusable(request: Request, _error: Exception) -> Response:
        return showing.fault(Call(request), "This page cannot be used like that.", 405)

    pages = Mount(PATH, routes=[Mount("/static", Files(directory=STATIC)), *routes])
    return Starlette(routes=[pages], middleware=[kept], exception_handlers={404: missing, 405: unusable})
