"""Makes pages of templates: what each of them has, whatever it shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, Response

from tributary.identity.pages import who_is_there
from tributary.resources.look import drawing
from tributary.resources.look.files import environment, versioned
from tributary.resources.look.headers import HEADERS_WITH_SCRIPTS
from tributary.web.reports import telling

if TYPE_CHECKING:
    from tributary.web.reports.calls import Call

PATH = "/reports"
STATIC = Path(__file__).with_name("static")
_LINKS = ((f"{PATH}/", "Reports"), (f"{PATH}/requests", "Requests"), (f"{PATH}/saved", "Saved"))


class Showing:
    """The templates.

    Args:
        asks: whether people log in here.
    """

    def __init__(self, *, asks: bool) -> None:
        self._asks = asks
        self._templates = environment(Path(__file__).with_name("templates"))
        self._templates.globals |= {
            "asset": versioned(STATIC, lambda name, version: f"{PATH}/static/{name}?v={version}"),
            "drawing": drawing,
        }
        self._templates.filters |= {
            "spoken": telling.spoken,
            "state_sentence": telling.state_sentence,
        }

    def page(self, call: Call, template: str, status: int = 200, **values: object) -> Response:
        """A page."""
        here = call.request.url.path
        text = self._templates.get_template(template).render(
            links=[(address, label, address == here) for address, label in _LINKS],
            who=who_is_there(call.principal, asks=self._asks),
            csrf=call.token(),
            may_ask=call.may_ask,
            **{"wrong": False, **values},
        )
        return HTMLResponse(text, status, {**HEADERS_WITH_SCRIPTS, "Cache-Control": "no-store"})

    def fault(self, call: Call, sentence: str, status: int) -> Response:
        """The page of what cannot be done."""
        return self.page(call, "fault.html", status, sentence=sentence)
