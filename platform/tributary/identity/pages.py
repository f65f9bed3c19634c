"""The pages of logging in and out, and `GET /whoami`; they answer everybody."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

from markupsafe import Markup
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tributary.identity import audit
from tributary.identity.callers import Callers, Credentials, cookie_name
from tributary.identity.gate import LOG_IN, address_of
from tributary.identity.log_in import PasswordLogIn, Throttled
from tributary.identity.oidc import NotLetIn, Provider
from tributary.identity.sessions import Proof, begin_session, end_session
from tributary.resources.gateway.logs import described
from tributary.resources.look.files import environment
from tributary.resources.look.headers import HEADERS
from tributary.resources.principal import Principal, highest, principal_of
from tributary.resources.settings import Settings

_LOG = logging.getLogger(__name__)
_SAFE = {**HEADERS, "Cache-Control": "no-store"}
_PAGE, _OUT = map(environment(Path(__file__).parent).get_template, ("login.html", "logout.html"))
_STATE_SECONDS = 600


class LogInPages:
    """Logging in and out.

    Args:
        settings: which ways of logging in there are.
        engine: of the tables.
        callers: who is there already.
        secret: signs what a browser keeps while it is at the provider.
    """

    def __init__(self, settings: Settings, engine: Engine, callers: Callers, secret: str) -> None:
        self._engine, self._callers = engine, callers
        self._lasts = timedelta(hours=settings.session_hours)
        self._secure, self._public = settings.is_secure, settings.public_url
        self._asks = bool(settings.log_in_ways)
        self._passwords = PasswordLogIn(engine) if "users" in settings.log_in_ways else None
        self._provider = Provider(settings) if "oidc" in settings.log_in_ways else None
        kept = Middleware(
            SessionMiddleware,
            secret_key=hashlib.sha256(f"log-in {secret}".encode()).hexdigest(),
            session_cookie="tributary-log-in",
            path=LOG_IN,
            max_age=_STATE_SECONDS,
            same_site="lax",
            https_only=self._secure,
        )
        routes = [
            Route(LOG_IN, self._shown, methods=["GET"]),
            Route(LOG_IN, self._by_password, methods=["POST"]),
            Route(f"{LOG_IN}/oidc", self._to_provider, methods=["GET"]),
            Route(f"{LOG_IN}/callback", self._from_provider, methods=["GET"]),
            Route("/logout", self._out, methods=["POST"]),
            Route("/whoami", self._who, methods=["GET"]),
        ]
        self.application = Starlette(routes=routes, middleware=[kept])

    async def _shown(self, request: Request) -> Response:
        return self._page(request.query_params.get("next", "/"))

    async def _by_password(self, request: Request) -> Response:
        if self._passwords is None:
            return self._page("/", "Nobody logs in with a password here.", 404)
        try:
            form = parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=9)
        except ValueError:
            return self._page("/", "This is no form of this page.", 400)
        name, password, after = (form.get(key, [""])[0] for key in ("name", "password", "next"))
        address = address_of(request.scope)
        try:
            found = await self._passwords.known(name, password, address)
            proof = None if found is None else Proof(password_hash=found[1])
            if found and proof and (begun := await self._begun(request, found[0], proof, "log-in", after)):
                return begun
            await self._noted(request, f"user {name}", "log-in", "refused")
        except Throttled:
            return self._page(after, "That was tried too often: wait a minute.", 429)
        except SQLAlchemyError as error:
            return self._away(after, error)
        return self._page(after, "Name and password do not belong together.", 401)

    async def _to_provider(self, request: Request) -> Response:
        after = local(request.query_params.get("next", "/"))
        if self._provider is None:
            return self._page(after, "There is no OpenID provider here.", 404)
        try:
            answer = await self._provider.redirect(request, f"{self._base(request)}{LOG_IN}/callback")
        except NotLetIn as error:
            _LOG.error("The OpenID provider cannot be asked:\n%s", described(error))
            return self._page(after, str(error), 503)
        request.session["next"] = after
        return answer

    async def _from_provider(self, request: Request) -> Response:
        if self._provider is None:
            return self._page("/", "There is no OpenID provider here.", 404)
        after = local(str(request.session.pop("next", "/")))
        try:
            found, subject, id_token = await self._provider.principal(request)
            if not found.roles:
                await self._noted(request, found.name, f"log-in as {subject}", "refused")
                return self._page(after, f"{found.name} is known, and was given no role here.", 403)
            begun = await self._begun(request, found, Proof(id_token=id_token), f"log-in as {subject}", after)
            return begun or self._page(after, "Log in again.", 401)
        except NotLetIn as error:
            _LOG.warning("A log-in by OpenID failed:\n%s", described(error))
            return self._page(after, str(error), 401)
        except SQLAlchemyError as error:
            return self._away(after, error)

    async def _out(self, request: Request) -> Response:
        token = request.cookies.get(cookie_name(secure=self._secure), "")
        credentials = Credentials("session", token)
        said: str | None = None
        try:
            principal = await self._callers.principal(credentials) if token else None
            if principal is not None and self._asks:
                said = await asyncio.to_thread(end_session, self._engine, token)
                self._callers.forget(credentials)
                await self._noted(request, principal.name, "log-out", "allowed", 303)
        except SQLAlchemyError as error:
            return self._away("/", error)
        answer: Response = RedirectResponse(LOG_IN if self._asks else "/", 303, _SAFE)
        if said is not None and self._provider is not None:
            there = await self._provider.log_out_address(said, self._base(request) + LOG_IN)
            if there is not None:
                # By a page, as browsers hold a form to the sites that its own page names.
                answer = HTMLResponse(_OUT.render(there=there), headers=_SAFE)
        answer.delete_cookie(cookie_name(secure=self._secure), secure=self._secure, httponly=True, samesite="lax")
        return answer

    def _base(self, request: Request) -> str:
        return self._public or f"{request.url.scheme}://{request.headers['host']}"

    async def _who(self, request: Request) -> Response:
        try:
            found = principal_of(request.scope)
        except LookupError:
            return JSONResponse({"name": None, "roles": [], "scopes": []}, 401, _SAFE)
        told = {"name": found.name, "roles": sorted(found.roles), "scopes": sorted(found.scopes)}
        return JSONResponse(told, headers=_SAFE)

    async def _begun(self, request: Request, found: Principal, proof: Proof, what: str, after: str) -> Response | None:
        """A new session, whatever the browser held before, which ends; None where they are let in no longer."""
        name = cookie_name(secure=self._secure)
        await self._noted(request, found.name, what, "allowed", 303)
        if before := request.cookies.get(name):
            await asyncio.to_thread(end_session, self._engine, before)
            self._callers.forget(Credentials("session", before))
        told = (found, proof, self._lasts, address_of(request.scope))
        token = await asyncio.to_thread(begin_session, self._engine, *told)
        if token is None:
            return None
        answer = RedirectResponse(local(after), 303, _SAFE)
        seconds = int(self._lasts.total_seconds())
        answer.set_cookie(name, token, max_age=seconds, secure=self._secure, httponly=True, samesite="lax")
        return answer

    async def _noted(
        self, request: Request, who: str, what: str, outcome: audit.Outcome, status: int | None = None
    ) -> None:
        told = (who, what, request.url.path, address_of(request.scope), outcome, status)
        await asyncio.to_thread(audit.note, self._engine, *told)

    def _away(self, after: str, error: SQLAlchemyError) -> Response:
        _LOG.error("Nobody can log in or out:\n%s", described(error))
        return self._page(after, "The database of users does not answer: try again in a moment.", 503)

    def _page(self, after: str, fault: str = "", status: int = 200) -> Response:
        ways = {"passwords": self._passwords is not None, "provider": self._provider is not None}
        return HTMLResponse(_PAGE.render(fault=fault, after=local(after), **ways), status, _SAFE)


def who_is_there(principal: Principal, *, asks: bool) -> str:
    """What a page tells of whoever looks at it, and where they log out; markup."""
    if not asks:
        return ""
    out = Markup(
        '<form class="who" method="post" action="/logout">{}, {} <button class="small plain">Log out</button></form>'
    )
    return out.format(principal.name, highest(principal.roles))


def local(address: str) -> str:
    """An address of this site to go on at; the front page in place of any other."""
    plain = address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/") and not address.startswith("//") else "/"
