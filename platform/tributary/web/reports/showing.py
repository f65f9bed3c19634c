"""The frame of the pages of reports: where they are, where they lead, and what is personal to them."""

from __future__ import annotations

from pathlib import Path

from tributary.assets.reporting.requests import NoSuchRequest
from tributary.reports.service import NoSuchReport
from tributary.resources.errors import UsageError
from tributary.resources.settings import Settings
from tributary.resources.wording import spoken
from tributary.web.pages.frame import Pages
from tributary.web.reports import telling

PATH = "/reports"
_LINKS = ((f"{PATH}/", "Reports"), (f"{PATH}/requests", "Requests"), (f"{PATH}/saved", "Saved"))


class Personal(UsageError):
    """A file with personal data, asked for by somebody who may not see them."""

    def __init__(self) -> None:
        super().__init__("The file may hold personal data, which take the scope pii: ask who gives out rights here.")


def pages_of(settings: Settings, secret: str) -> Pages:
    """The frame; `secret` signs what a browser keeps while it fills in forms."""
    statuses = {NoSuchReport: 404, NoSuchRequest: 404, Personal: 403}
    pages = Pages(settings, secret, PATH, Path(__file__).parent, _LINKS, statuses)
    pages.templates.filters |= {"spoken": spoken, "state_sentence": telling.state_sentence}
    return pages
