"""Puts the log-in together: who is there, the pages, and the layer before the applications."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine

from tributary.identity.callers import Callers, cookie_name
from tributary.identity.gate import LOG_IN, Gate, Mounted
from tributary.identity.pages import LogInPages
from tributary.resources.settings import Settings


def open_gate(settings: Settings, engine: Engine, secret: str, mounted: Iterable[Mounted]) -> Gate:
    """The layer before applications, with the pages of logging in and out beside them.

    Args:
        settings: how people log in.
        engine: of the tables.
        secret: signs what a browser keeps while it logs in.
        mounted: the applications.
    """
    callers = Callers(engine, cookie_name(secure=settings.is_secure), asks=bool(settings.log_in_ways))
    pages = LogInPages(settings, engine, callers, secret).application
    own = [Mounted(path, pages, None) for path in (LOG_IN, "/logout", "/whoami")]
    return Gate([*own, *mounted], callers, engine)
