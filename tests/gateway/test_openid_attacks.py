"""An OpenID provider, or whoever is between, that says what is not so; and what becomes of log-ins that are ended."""

from __future__ import annotations

import base64
import html
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import Engine, text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from tests.gateway.conftest import Site
from tests.gateway.serving import served

pytestmark = pytest.mark.xdist_group("gateway_dagster")
SECRET = "a secret of sixteen bytes and more"
KEY, ANOTHER = (RSAKey.generate_key(2048, parameters={"kid": "k"}) for _ in range(2))
Claims = dict[str, Any]


def signed(claims: Claims, algorithm: str = "RS256", key: Any = KEY) -> str:
    return jwt.encode({"alg": algorithm, "kid": "k"}, claims, key, algorithms=[algorithm])


def unsigned(claims: Claims) -> str:
    parts = ({"alg": "none", "kid": "k"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts) + "."


@dataclass
class Liar:
    """A provider whose tokens a test makes."""

    origin: str = ""
    nonce: str = ""
    made: Callable[[Claims], str] = signed
    more: Claims = field(default_factory=dict)

    def application(self) -> Starlette:
        paths = {
            "/.well-known/openid-configuration": self.told,
            "/jwks": lambda _: JSONResponse({"keys": [KEY.as_dict(private=False)]}),
            "/authorize": self.asked,
        }
        routes = [Route(path, answer) for path, answer in paths.items()]
        return Starlette(routes=[*routes, Route("/token", self.token, methods=["POST"])])

    def told(self, _: Request) -> Response:
        places = {f"{name}_endpoint": f"{self.origin}/{name}" for name in ("token", "end_session")}
        algorithms = ["none", "HS256", "RS256"]
        told = {"issuer": self.origin, "jwks_uri": f"{self.origin}/jwks", **places}
        place = f"{self.origin}/authorize"
        return JSONResponse(
            {**told, "authorization_endpoint": place, "id_token_signing_alg_values_supported": algorithms}
        )

    def asked(self, request: Request) -> Response:
        said = request.query_params
        self.nonce = said["nonce"]
        return RedirectResponse(f"{said['redirect_uri']}?code=c&state={said['state']}")

    def token(self, _: Request) -> Response:
        now = int(time.time())
        claims = {"iss": self.origin, "aud": "tributary", "sub": "s", "iat": now, "exp": now + 60, "nonce": self.nonce}
        claims = {name: value for name, value in {**claims, **self.more}.items() if value is not None}
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": self.made(claims)})


@pytest.fixture(scope="module")
def liar() -> Iterator[Liar]:
    found = Liar()
    with served(found.application()) as server:
        found.origin = server.url
        yield found


@pytest.fixture(scope="module")
def trusting(serve_site: Any, liar: Liar) -> Iterator[Site]:
    """The one address, which that provider is set for."""
    own = {"oidc_issuer": liar.origin, "oidc_client_id": "tributary", "oidc_client_secret": SECRET}
    with serve_site(login="oidc", oidc_roles="admins=admin, *=viewer", **own) as found:
        yield found


def logged_in(site: Site, client: httpx.Client) -> httpx.Response:
    answer = client.get(f"{site.origin}/login/oidc")
    for _ in range(2):
        answer = client.get(answer.headers["Location"])
    return answer


@pytest.mark.parametrize(
    ("made", "more"),
    [
        pytest.param(unsigned, {}, id="unsigned"),
        pytest.param(
            lambda claims: signed(claims, "HS256", OctKey.import_key(SECRET)), {}, id="signed by the client's secret"
        ),
        pytest.param(
            lambda claims: signed(claims, "HS256", OctKey.import_key(KEY.as_pem(private=False))),
            {},
            id="signed by the public key",
        ),
        pytest.param(lambda claims: signed(claims, key=ANOTHER), {}, id="signed by another"),
        pytest.param(lambda claims: signed(claims)[:-4] + "AAAA", {}, id="cut signature"),
        pytest.param(lambda _: "", {}, id="none"),
        pytest.param(signed, {"iss": "https://evil.example"}, id="issuer"),
        pytest.param(signed, {"iss": None}, id="no issuer"),
        pytest.param(signed, {"aud": "another"}, id="audience"),
        pytest.param(signed, {"aud": None}, id="no audience"),
        pytest.param(signed, {"aud": ["tributary", "another"], "azp": "another"}, id="authorised party of two"),
        pytest.param(signed, {"azp": "another"}, id="authorised party"),
        pytest.param(signed, {"exp": 1}, id="expired"),
        pytest.param(signed, {"exp": None}, id="no expiry"),
        pytest.param(signed, {"nonce": "another"}, id="nonce"),
        pytest.param(signed, {"nonce": None}, id="no nonce"),
        pytest.param(signed, {"sub": None}, id="no subject"),
        pytest.param(signed, {"sub": ""}, id="empty subject"),
        pytest.param(signed, {"sub": {"a": 1}}, id="subject that is no text"),
        pytest.param(signed, {"iat": 4_000_000_000}, id="issued later"),
    ],
)
def test_a_token_that_is_not_to_this_log_in_lets_nobody_in(
    trusting: Site, liar: Liar, made: Callable[[Claims], str], more: Claims
) -> None:
    liar.made, liar.more = made, more
    with httpx.Client() as client:
        answer = logged_in(trusting, client)
        assert (answer.status_code, "tributary-session" in client.cookies) == (401, False), answer.text


def test_claims_of_odd_shapes_grant_nothing_more(trusting: Site, liar: Liar) -> None:
    liar.made = signed
    for groups in ({"admins": True}, [["admins"]], "admins ", ["Admins", None, 1], 7, [{"name": "admins"}]):
        liar.more = {"groups": groups, "preferred_username": "\x1b[2Jada\n"}
        with httpx.Client() as client:
            assert logged_in(trusting, client).status_code == 303
            told = client.get(f"{trusting.origin}/whoami").json()
        assert told == {"name": "oidc:?[2Jada?", "roles": ["viewer"], "scopes": []}


def test_a_log_out_goes_on_to_the_provider(trusting: Site, liar: Liar, engine: Engine) -> None:
    liar.made, liar.more = signed, {"preferred_username": "leaving"}
    kept = text("SELECT count(id_token) FROM identity.sessions WHERE name = 'oidc:leaving'")
    with httpx.Client() as client:
        assert logged_in(trusting, client).status_code == 303
        with engine.connect() as connection:
            assert connection.execute(kept).scalar_one() == 1
        left = client.post(f"{trusting.origin}/logout")
        assert left.status_code == 200
        assert "tributary-session" not in client.cookies
        assert client.get(trusting.origin).status_code == 401
    (there,) = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', left.text)
    asked = urlsplit(html.unescape(there))
    said = parse_qs(asked.query)
    assert f"{asked.scheme}://{asked.netloc}{asked.path}" == f"{liar.origin}/end_session"
    assert said["post_logout_redirect_uri"] == [f"{trusting.origin}/login"]
    assert said["client_id"] == ["tributary"]
    assert jwt.decode(said["id_token_hint"][0], KEY).claims["sub"] == "s"
    with engine.connect() as connection:
        assert connection.execute(kept).scalar_one() == 0
