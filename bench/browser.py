"""A real browser that keeps nothing, and when it first paints something of a page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bench.errors import BenchError

if TYPE_CHECKING:
    from playwright import sync_api

_PAINTED = """() => new Promise((told) => new PerformanceObserver((entries) => {
  const [first] = entries.getEntriesByName("first-contentful-paint");
  if (first) told(first.startTime / 1000);
}).observe({ type: "paint", buffered: true }))"""


@contextmanager
def browsing() -> Iterator[sync_api.Browser]:
    """A headless chromium.

    Raises:
        BenchError: none is installed.
    """
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise BenchError("No chromium is installed: pages are measured in one.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


def first_paint(browser: sync_api.Browser, url: str, width: int = 1280) -> float:
    """Seconds from asking for a page until a browser that keeps nothing has painted something of it."""
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.goto(url)
    found = float(page.evaluate(_PAINTED))
    page.context.close()
    return found
