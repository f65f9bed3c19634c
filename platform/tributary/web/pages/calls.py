"""One call of a page: what came with it, who sent it, and how what goes wrong is shown."""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tributary.resources.errors import TributaryError, UsageError
from tributary.resources.gateway.logs import described
from tributary.resources.principal import Principal, Role, principal_of
from tributary.resources.warehouse.table import PII
from tributary.web.pages.frame import Pages

MOST_FIELDS = 20_000
_LOG = logging.getLogger(__name__)
_CSRF = "csrf"


@dataclass(frozen=True)
class Call:
    """A request of a browser.

    Attributes:
        request: as Starlette has it.
        pairs: the fields of the form that was sent, in order.
    """

    request: Request
    pairs: Sequence[tuple[str, str]] = ()

    @property
    def principal(self) -> Principal:
        """Who asks."""
        return principal_of(self.request.scope)

    @property
    def may_operate(self) -> bool:
        """Whether they may ask for something to be done, and not only read."""
        return self.principal.may(Role.OPERATOR)

    @property
    def may_see_pii(self) -> bool:
        """Whether personal data may be shown to them."""
        return PII in self.principal.scopes

    def path(self, name: str) -> str:
        """A part of the path."""
        return _storable(str(self.request.path_params[name]))

    def query(self, name: str) -> str:
        """A value of the address; empty where it has none."""
        return _storable(self.request.query_params.get(name, ""))

    def text(self, name: str) -> str:
        """A field of the form; empty where it was not sent."""
        return _storable(next((text for key, text in self.pairs if key == name), ""))

    def token(self) -> str:
        """What forms of this browser's session carry, so that no other site can send one."""
        session = self.request.session
        if _CSRF not in session:
            session[_CSRF] = secrets.token_urlsafe(24)
        return str(session[_CSRF])

    @property
    def is_own(self) -> bool:
        """Whether the form is one of this browser's session."""
        expected = str(self.request.session.get(_CSRF, ""))
        return bool(expected) and hmac.compare_digest(expected.encode(), self.text(_CSRF).encode())


def _storable(text: str) -> str:
    """Text without what no database takes, so that it is merely not found there."""
    return text.replace("\0", "\ufffd")


class Foreign(UsageError):
    """A form that is not of this browser's session."""

    def __init__(self) -> None:
        super().__init__(
            "The form was not sent from a page of this browser's session, so nothing was done: look it over and send "
            "it again. Cookies must be allowed for this site."
        )


def see(address: str) -> Response:
    """Lead to a page that can be reloaded without sending anything again."""
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


def served(pages: Pages, handle: Callable[[Call], Response]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that hands a call to `handle` in a thread, and shows what goes wrong as a page."""

    def answered(call: Call) -> Response:
        try:
            return handle(call)
        except Exception as error:  # noqa: BLE001 - the one place where any failure becomes a page
            return _failed(pages, call, error)

    async def endpoint(request: Request) -> Response:
        body = await request.body() if request.method == "POST" else b""
        try:
            pairs = parse_qsl(
                body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS
            )
        except ValueError:
            return pages.fault(Call(request), f"A form has at most {MOST_FIELDS:,} fields: nothing was done.", 413)
        return await run_in_threadpool(answered, Call(request, pairs))

    return endpoint


def _failed(pages: Pages, call: Call, error: Exception) -> Response:
    if isinstance(error, TributaryError):
        status = 400 if isinstance(error, Foreign) else pages.status_of(error)
        if status == 503:
            _LOG.error("A page could not be shown:\n%s", described(error))
        return pages.fault(call, str(error), status)
    _LOG.error("A page failed:\n%s", described(error))
    return pages.fault(
        call, "Something went wrong here, and nothing was done; the log of the web process says what.", 500
    )
