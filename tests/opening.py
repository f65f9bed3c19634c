"""Opens pages as browsers with some settings, and keeps what the pages complain of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright import sync_api

DESKTOP = {"width": 1280, "height": 900}


@contextmanager
def opening(browser: sync_api.Browser, site: str) -> Iterator[tuple[Callable[..., sync_api.Page], list[str]]]:
    """What opens a page of a site, and the errors, and requests for elsewhere, of all pages that it opened."""
    complaints: list[str] = []
    contexts = []

    def opened(**settings: Any) -> sync_api.Page:
        context = browser.new_context(**{"viewport": DESKTOP, "base_url": site, **settings})
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.append(asked.url) if not asked.url.startswith(site) else None)
        return page

    yield opened, complaints
    for context in contexts:
        context.close()
