"""Logging in by OpenID Connect, with a provider that runs beside the test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
from sqlalchemy import Engine, text
from tests.gateway.conftest import PASSWORD, Site

from tributary.identity.oidc import grants_of, principal_by
from tributary.identity.users import add_user
from tributary.resources.principal import Role, roles_up_to

if TYPE_CHECKING:
    from playwright import sync_api

pytestmark = pytest.mark.xdist_group("gateway_dagster")
COOKIE = "tributary-session"
ROLES = "admins=admin, data team=operator, hr=pii"


def person(name: str, **claims: Any) -> oidc_provider_mock.User:
    return oidc_provider_mock.User(sub=f"subject-{name}", claims={"preferred_username": name, **claims})


CLICK_EVERYTHING = """async () => {
    for (const one of [...document.querySelectorAll("button:not(:disabled)")].slice(0, 20)) {
        one.click();
        await new Promise(done => setTimeout(done, 50));
    }
}"""
PEOPLE = (
    person("ada", groups=["admins", "hr"]),
    person("oda", groups="data team"),
    person("nobody", groups=["others"]),
    person("none"),
)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A provider's address."""
    with oidc_provider_mock.run_server_in_thread(user_claims=PEOPLE, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def oidc_site(serve_site: Any, provider: str) -> Iterator[Site]:
    """The one address with both ways of logging in."""
    own = {"oidc_issuer": provider, "oidc_client_id": "tributary", "oidc_client_secret": "s", "oidc_roles": ROLES}
    with serve_site(login="users,oidc", **own) as found:
        yield found


def at_provider(client: httpx.Client, site: Site, after: str = "/") -> str:
    """Where the provider is to be asked for a log-in."""
    sent = client.get(f"{site.origin}/login/oidc", params={"next": after})
    assert sent.status_code == 302, sent.text
    return sent.headers["Location"]


def back_from(asked: str, name: str) -> str:
    """Where the provider sends a browser when somebody has said who they are."""
    answer = httpx.post(asked, data={"sub": f"subject-{name}"})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


@pytest.mark.parametrize(
    ("name", "roles", "scopes"),
    [("ada", ["admin", "operator", "viewer"], ["pii"]), ("oda", ["operator", "viewer"], [])],
)
def test_claims_grant_roles(oidc_site: Site, name: str, roles: list[str], scopes: list[str]) -> None:
    with httpx.Client() as client:
        asked = at_provider(client, oidc_site, "/dagster/runs")
        said = parse_qs(urlsplit(asked).query)
        assert said["code_challenge_method"] == ["S256"]
        assert said["redirect_uri"] == [f"{oidc_site.origin}/login/callback"]
        assert {"state", "nonce", "code_challenge"} <= said.keys()
        answer = client.get(back_from(asked, name))
        assert (answer.status_code, answer.headers["Location"]) == (303, "/dagster/runs")
        told = client.get(f"{oidc_site.origin}/whoami").json()
        assert told == {"name": f"oidc:{name}", "roles": roles, "scopes": scopes}


@pytest.mark.parametrize("name", ["nobody", "none"])
def test_who_was_granted_nothing_is_not_let_in(oidc_site: Site, name: str, engine: Engine) -> None:
    with httpx.Client() as client:
        answer = client.get(back_from(at_provider(client, oidc_site), name))
        assert answer.status_code == 403
        assert "was given no role here" in answer.text
        assert client.get(oidc_site.origin).status_code == 401
    query = "SELECT outcome FROM identity.audit WHERE who = :n AND what = :w"
    with engine.connect() as connection:
        found = connection.execute(text(query), {"n": f"oidc:{name}", "w": f"log-in as subject-{name}"}).scalars().all()
    assert found == ["refused"]


def test_an_answer_to_another_log_in_lets_nobody_in(oidc_site: Site) -> None:
    with httpx.Client() as mallory, httpx.Client() as victim:
        stolen = back_from(at_provider(mallory, oidc_site), "ada")
        for client in (victim, httpx.Client()):
            answer = client.get(stolen)
            assert answer.status_code == 401
            assert COOKIE not in answer.cookies
        at_provider(victim, oidc_site)
        assert victim.get(stolen).status_code == 401
        query = parse_qs(urlsplit(stolen).query)
        callback = f"{oidc_site.origin}/login/callback"
        for params in ({}, {"code": query["code"][0]}, {"state": query["state"][0]}, {"error": "<script>"}):
            answer = victim.get(callback, params=params)
            assert answer.status_code == 401
            assert "<script>" not in answer.text
        # It was good for whom it was meant, and only once.
        assert mallory.get(stolen).status_code == 303
        mallory.cookies.delete(COOKIE)
        assert mallory.get(stolen).status_code == 401


def test_a_provider_that_is_away_is_told(serve_site: Any) -> None:
    own = {"oidc_issuer": "http://localhost:9", "oidc_client_id": "tributary", "oidc_roles": ROLES}
    with serve_site(login="oidc", **own) as site:
        answer = httpx.get(f"{site.origin}/login/oidc")
        assert (answer.status_code, "cannot be asked at this moment" in answer.text) == (503, True)
        assert 'type="password"' not in answer.text
        assert httpx.post(f"{site.origin}/login", data={"name": "a", "password": PASSWORD}).status_code == 404


@pytest.mark.parametrize(
    ("claims", "path", "role", "scopes"),
    [
        ({"groups": ["admins"]}, "groups", Role.ADMIN, []),
        ({"groups": ["hr"]}, "groups", None, ["pii"]),
        ({"groups": "hr, admins"}, "groups", None, []),
        ({"groups": {"admins": 1}}, "groups", None, []),
        ({"groups": [["admins"], 7, None]}, "groups", None, []),
        ({"realm_access": {"roles": ["data team"]}}, "realm_access.roles", Role.OPERATOR, []),
        ({"https://x.example/roles": ["admins"]}, "https://x.example/roles", Role.ADMIN, []),
        ({}, "groups", None, []),
    ],
)
def test_what_claims_grant(claims: dict[str, Any], path: str, role: Role | None, scopes: list[str]) -> None:
    found = principal_by({"sub": "s", **claims}, path, grants_of(ROLES))
    assert (found.roles, found.scopes) == (roles_up_to(role), frozenset(scopes))


def test_everybody_can_be_granted_a_role() -> None:
    claims = {"sub": "s\n", "email": "a@b.example", "email_verified": True}
    found = principal_by(claims, "groups", grants_of("*=viewer, a=b=admin"))
    assert (found.name, found.roles) == ("oidc:a@b.example", roles_up_to(Role.VIEWER))
    for verified in (False, "true", None):
        # Who they say they are is not who they are.
        assert principal_by({**claims, "email_verified": verified}, "groups", {}).name == "oidc:s?"
    assert principal_by({"sub": "s\n"}, "groups", {}).name == "oidc:s?"
    assert principal_by({"sub": "s", "groups": ["a=b"]}, "groups", grants_of("a=b=admin")).may(Role.ADMIN)


@pytest.mark.browser
def test_both_log_ins_in_a_browser(oidc_site: Site, browser: sync_api.Browser, engine: Engine) -> None:
    add_user(engine, "in-a-browser", PASSWORD, Role.VIEWER)
    page = browser.new_page()
    page.goto(f"{oidc_site.origin}/sneakers/")
    page.get_by_label("Name").fill("in-a-browser")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("alert").get_by_text("do not belong together").wait_for()
    page.get_by_label("Name").fill("in-a-browser")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{oidc_site.origin}/sneakers/")
    page.goto(oidc_site.origin)
    page.get_by_text("in-a-browser, viewer").wait_for()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(f"{oidc_site.origin}/login")
    page.goto(oidc_site.origin)
    page.get_by_role("link", name="Log in with your organisation").click()
    page.locator('input[name="sub"]').fill("subject-ada")
    page.locator('button[type="submit"], input[type="submit"]').first.click()
    page.get_by_text("oidc:ada, admin").wait_for()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="End session").click()
    page.wait_for_url(f"{oidc_site.origin}/login?state=*")
    page.close()


@pytest.mark.browser
def test_a_viewer_clicks_everything_and_changes_nothing(site: Site, browser: sync_api.Browser, engine: Engine) -> None:
    before = len(site.runs(Role.VIEWER))
    context = browser.new_context(viewport={"width": 1400, "height": 900}, base_url=site.origin)
    # A name of its own, and patience: log-ins are counted a minute, and other tests have their share of them.
    add_user(engine, "a-clicker", PASSWORD, Role.VIEWER)
    deadline = time.monotonic() + 75
    while "a-clicker" not in context.request.get("/whoami").text():
        assert time.monotonic() < deadline, "the log-in was refused"
        if not context.request.post("/login", form={"name": "a-clicker", "password": PASSWORD}).ok:
            time.sleep(5)
    page = context.new_page()
    sent: list[str] = []
    wrong: list[tuple[int, str]] = []
    frames: list[Any] = []
    page.on("request", lambda asked: sent.append(asked.post_data or "") if "/graphql" in asked.url else None)
    page.on("response", lambda got: wrong.append((got.status, got.url)) if got.status >= 400 else None)
    page.on("websocket", lambda opened: opened.on("framereceived", lambda told: frames.append(told)))
    for path in (
        "runs",
        "automation",
        "deployment/locations",
        "deployment/concurrency",
        "locations/tiny_definitions/jobs/a_job",
        "locations/tiny_definitions/sensors/a_sensor",
    ):
        page.goto(f"/dagster/{path}")
        page.get_by_role("button").first.wait_for()
        page.wait_for_timeout(400)
        page.evaluate(CLICK_EVERYTHING)
        page.keyboard.press("Escape")
    # A page of its own: what was clicked last may still be taking the other one elsewhere.
    asset = context.new_page()
    asset.goto("/dagster/assets/pebble")
    materialise = asset.get_by_role("button", name="Materialize").first
    materialise.wait_for()
    assert materialise.is_disabled()
    context.close()
    assert len(site.runs(Role.VIEWER)) == before
    assert not [one for one in sent if '"query":"mutation' in one.replace(" ", "")]
    assert wrong == []
    assert len(sent) > 30
    assert frames
    query = "SELECT count(*) FROM identity.audit WHERE who = 'a-clicker' AND what <> 'log-in'"
    with engine.connect() as connection:
        assert connection.execute(text(query)).scalar_one() == 0
