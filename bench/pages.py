"""The web process's pages in a real browser, with all samples and everything running, until each is first painted.

The baseline is the page that tells who is there, of the same server and browser in the same run.
"""

from __future__ import annotations

from bench.bed import Bed
from bench.browser import browsing, first_paint
from bench.clock import Timing
from bench.figures import Figure, at_most
from bench.serving import fresh_home, serving

LIMIT = 1.0
"""Seconds until a page is first painted."""

PAGES = {
    "front page": "/",
    "quarantine": "/quarantine/",
    "platform": "/platform/",
    "catalogue": "/catalog/",
    "a table": "/catalog/tables/gold.household_summary",
    "a column's lineage": "/catalog/tables/gold.household_summary/columns/total_sales",
    "reports": "/reports/",
    "a report's form": "/reports/ornament_verification",
    "sneakers": "/sneakers/",
}


def pages(bed: Bed) -> list[Figure]:
    """The first paint of each page."""
    figures = []
    with fresh_home(bed) as home, serving(home) as up, browsing() as browser:
        for name, path in PAGES.items():
            bare, ours = [], []
            for _ in range(max(bed.repeats, 5)):
                bare.append(first_paint(browser, f"{up.settings.web_url}/whoami"))
                ours.append(first_paint(browser, f"{up.settings.web_url}{path}"))
            found = Timing(min(ours))
            limit = at_most(found.wall, LIMIT, "s")
            figures.append(
                Figure(
                    "pages", f"first paint: {name}", found, "the page that tells who one is", Timing(min(bare)), limit
                )
            )
    return figures
