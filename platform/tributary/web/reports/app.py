"""The application of the pages of reports: which address is which page."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route

from tributary.reports.service import Reports
from tributary.resources.settings import Settings
from tributary.web.pages.calls import served
from tributary.web.reports.form_pages import FormPages
from tributary.web.reports.request_pages import RequestPages
from tributary.web.reports.rules import FORM
from tributary.web.reports.showing import pages_of

LARGEST_FORM = 1024 * 1024
"""Bytes of a form; one with a thousand lines has less than half of it."""


def create_pages(reports: Reports, settings: Settings, secret: str) -> Starlette:
    """The pages, under `PATH`; they need a gateway before them, which says who asks.

    Args:
        reports: stay their opener's to close.
        settings: whether people log in, and whether over TLS.
        secret: signs what a browser keeps while it fills in forms.
    """
    pages = pages_of(settings, secret)
    asking, following = FormPages(reports, pages), RequestPages(reports, pages)
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
    routes = [Route(path, served(pages, handle), methods=["GET"]) for path, handle in gets.items()]
    routes += [Route(path, served(pages, handle), methods=["POST"]) for path, handle in posts.items()]
    return pages.application(routes)
