"""Logging in by password and by key at the one address: what holds, what ends, and what is attacked."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text
from tests.collector.serving import WRITE_KEY
from tests.gateway.conftest import PASSWORD, Site

from tributary.identity.keys import add_key, revoke_key
from tributary.identity.log_in import PER_ADDRESS, PER_NAME, PasswordLogIn, Throttled
from tributary.identity.sessions import Proof, begin_session, find_session
from tributary.identity.users import add_user, change_password, find_user, log_out, remove_user
from tributary.resources.errors import TributaryError, UsageError
from tributary.resources.principal import Role

pytestmark = pytest.mark.xdist_group("gateway_dagster")
COOKIE = "tributary-session"
PAGE = {"Accept": "text/html,*/*"}


@pytest.fixture
def user(engine: Engine) -> str:
    """A user of the test's own, whom no limit has met yet."""
    name = f"u-{uuid.uuid4().hex[:8]}"
    add_user(engine, name, PASSWORD, Role.OPERATOR, ["pii"])
    return name


def log_in(site: Site, name: str, password: str = PASSWORD, after: str = "/", **options: Any) -> httpx.Response:
    return httpx.post(f"{site.origin}/login", data={"name": name, "password": password, "next": after}, **options)


def token_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return answer.cookies[COOKIE]


def status(site: Site, token: str, path: str = "/platform/") -> int:
    return httpx.get(f"{site.origin}{path}", headers={"Cookie": f"{COOKIE}={token}"}).status_code


def who(site: Site, **headers: str) -> Any:
    return httpx.get(f"{site.origin}/whoami", headers=headers).json()


@pytest.mark.parametrize("path", ["/", "/sneakers/", "/dagster/", "/dagster/runs", "/dagster/graphql", "/nowhere"])
def test_nobody_sees_anything_before_the_log_in(site: Site, path: str) -> None:
    refused = httpx.get(site.origin + path)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, 'Bearer realm="tributary"')
    sent = httpx.get(f"{site.origin}{path}?a=b", headers=PAGE)
    assert sent.status_code == 303
    page = httpx.get(site.origin + sent.headers["Location"])
    assert "Log in" in page.text
    assert f'value="{path}?a=b"' in page.text
    assert (
        httpx.post(site.origin + path, content=b"{}", headers={"Content-Type": "application/json"}).status_code == 401
    )


def test_the_collector_keeps_its_own_key_and_health_answers_everybody(site: Site) -> None:
    batch = {"batch": [{"type": "track", "userId": "u", "event": "Posted", "messageId": "m-9"}]}
    assert httpx.post(f"{site.origin}/v1/batch", json={**batch, "writeKey": WRITE_KEY}).status_code == 200
    assert httpx.post(f"{site.origin}/v1/batch", json={**batch, "writeKey": "wrong"}).status_code == 401
    assert httpx.get(f"{site.origin}/v1/health").status_code in (200, 503)


def test_a_log_in_holds_until_it_is_ended(site: Site, user: str) -> None:
    answer = log_in(site, user, after="/dagster/runs?x=1")
    assert answer.headers["Location"] == "/dagster/runs?x=1"
    cookie = answer.headers["Set-Cookie"]
    assert all(flag in cookie for flag in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"))
    token = token_of(answer)
    assert status(site, token) == 200
    told = who(site, Cookie=f"{COOKIE}={token}")
    assert told == {"name": user, "roles": ["operator", "viewer"], "scopes": ["pii"]}
    front = httpx.get(site.origin, headers={"Cookie": f"{COOKIE}={token}"}).text
    assert f"{user}, operator" in front
    left = httpx.post(f"{site.origin}/logout", headers={"Cookie": f"{COOKIE}={token}"})
    assert left.status_code == 303
    assert status(site, token) == 401


def test_no_token_is_kept_that_could_be_used(site: Site, user: str, engine: Engine) -> None:
    token = token_of(log_in(site, user))
    with engine.connect() as connection:
        for table in ("sessions", "users", "keys", "audit"):
            rows = connection.execute(text(f"SELECT t::text FROM identity.{table} AS t")).scalars().all()
            assert not any(token in row or PASSWORD in row or "trib_" in row for row in rows), table
        (kept,) = connection.execute(
            text("SELECT password_hash FROM identity.users WHERE name = :n"), {"n": user}
        ).one()
    assert kept.startswith("$argon2id$")


def test_a_session_that_was_fixed_before_is_not_taken_up(site: Site, user: str) -> None:
    fixed = "a" * 43
    answer = log_in(site, user, headers={"Cookie": f"{COOKIE}={fixed}"})
    token = token_of(answer)
    assert token != fixed
    assert status(site, fixed) == 401
    again = token_of(log_in(site, user, headers={"Cookie": f"{COOKIE}={token}"}))
    assert again != token
    assert (status(site, token), status(site, again)) == (401, 200)
    both = {"Cookie": f"{COOKIE}={fixed}; {COOKIE}={again}"}
    assert httpx.get(site.origin, headers=both).status_code == 401


def test_a_session_ends_by_itself(site: Site, user: str, engine: Engine) -> None:
    token = token_of(log_in(site, user))
    assert find_session(engine, token) is not None
    with engine.begin() as connection:
        ended = "UPDATE identity.sessions SET ends_at = now() - interval '1 second' WHERE name = :n"
        connection.execute(text(ended), {"n": user})
    assert find_session(engine, token) is None


@pytest.mark.parametrize("ending", ["passwd", "remove", "logout"])
def test_sessions_of_a_user_are_revoked(site: Site, user: str, engine: Engine, ending: str) -> None:
    token = token_of(log_in(site, user))
    if ending == "passwd":
        change_password(engine, user, "another long password")
    elif ending == "remove":
        remove_user(engine, user)
    else:
        assert log_out(engine, user) == 1
    assert find_session(engine, token) is None
    assert log_in(site, user).status_code == (303 if ending == "logout" else 401)


def test_guesses_are_refused_alike_and_then_not_looked_at(site: Site, user: str) -> None:
    first = log_in(site, user, "wrong wrong wrong")
    nobody = log_in(site, f"no-{user}", "wrong wrong wrong")
    assert (first.status_code, nobody.status_code) == (401, 401)
    assert first.text == nobody.text
    for _ in range(4):
        assert log_in(site, user, "wrong wrong wrong").status_code == 401
    # The right one too: a limit that told would be no limit.
    assert log_in(site, user).status_code == 429
    for odd in ("", "\0", "x" * 100_000, "' OR 1=1 --"):
        assert log_in(site, odd, "").status_code in (401, 413, 429)
    many = httpx.post(f"{site.origin}/login", data={f"field-{number}": "1" for number in range(50)})
    assert many.status_code == 400


def test_tries_are_counted_over_processes_and_restarts(engine: Engine) -> None:
    def tried(name: str, address: str) -> bool:
        try:
            # A process of its own knows as much as this does.
            return asyncio.run(PasswordLogIn(engine).known(name, "wrong", address)) is None
        except Throttled:
            return False

    assert [tried("somebody", "192.0.2.1") for _ in range(7)] == [True] * 5 + [False] * 2
    assert tried("somebody", "192.0.2.2")
    assert sum(tried(f"name-{number}", "192.0.2.1") for number in range(30)) == PER_ADDRESS - 5
    with engine.begin() as connection:
        assert "somebody" not in str(connection.execute(text("SELECT * FROM identity.tries")).all())
        connection.execute(text("UPDATE identity.tries SET at = at - interval '61 seconds'"))
    assert tried("somebody", "192.0.2.1")
    assert sum(tried("everywhere", f"198.51.100.{number}") for number in range(PER_NAME + 3)) == PER_NAME


def test_many_tries_at_once_gain_nothing(engine: Engine) -> None:
    async def at_once() -> list[object]:
        processes = [PasswordLogIn(engine) for _ in range(12)]
        asked = (one.known("at-once", "wrong", "192.0.2.9") for one in processes)
        return await asyncio.gather(*asked, return_exceptions=True)

    assert sum(one is None for one in asyncio.run(at_once())) == 5


@pytest.mark.parametrize("ending", ["passwd", "remove"])
def test_nobody_is_let_in_by_what_was_looked_at_before_a_change(user: str, engine: Engine, ending: str) -> None:
    found = find_user(engine, user)
    assert found is not None
    who_, proof = found[0], Proof(password_hash=found[1])
    assert begin_session(engine, who_, proof, timedelta(hours=1), "") is not None
    if ending == "passwd":
        change_password(engine, user, "another long password")
    else:
        remove_user(engine, user)
    assert begin_session(engine, who_, proof, timedelta(hours=1), "") is None


@pytest.mark.parametrize(
    "after", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/\r\nX: y"]
)
def test_a_log_in_leads_to_no_other_site(site: Site, engine: Engine, after: str) -> None:
    name = f"r-{uuid.uuid4().hex[:8]}"
    add_user(engine, name, PASSWORD, Role.VIEWER)
    assert log_in(site, name, after=after).headers["Location"] == "/"


def test_a_page_from_elsewhere_logs_nobody_in_or_out(site: Site, user: str) -> None:
    token = token_of(log_in(site, user))
    for said in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert log_in(site, user, headers=said).status_code == 403
        headers = {**said, "Cookie": f"{COOKIE}={token}"}
        assert httpx.post(f"{site.origin}/logout", headers=headers).status_code == 403
        assert httpx.post(f"{site.url}/graphql", json={}, headers=headers).status_code == 403
    assert status(site, token) == 200


def test_keys_hold_until_they_end(site: Site, engine: Engine) -> None:
    name = f"k-{uuid.uuid4().hex[:8]}"
    key = add_key(engine, name, Role.OPERATOR, ["pii"], timedelta(days=1))
    told = {"name": f"key:{name}", "roles": ["operator", "viewer"], "scopes": ["pii"]}
    assert who(site, Authorization=f"Bearer {key}") == told
    for wrong in (
        f"Bearer {key}x",
        f"Basic {key}",
        key,
        "Bearer",
        f"Bearer {key} {key}",
        "Bearer trib_",
    ):
        assert who(site, Authorization=wrong)["name"] is None, wrong
    twice = [("Authorization", f"Bearer {key}"), ("Authorization", f"Bearer {key}")]
    assert httpx.get(f"{site.origin}/whoami", headers=twice).status_code == 401
    revoke_key(engine, name)
    with pytest.raises(TributaryError, match="no key"):
        revoke_key(engine, name)
    short = add_key(engine, f"{name}.short", Role.ADMIN, [], timedelta(seconds=-1))
    for ended in (key, short):
        assert httpx.get(site.origin, headers={"Authorization": f"Bearer {ended}"}).status_code == 401


@pytest.mark.parametrize(
    ("name", "password", "scope", "reason"),
    [
        ("Al ice", PASSWORD, "pii", "no name"),
        ("oidc:alice", PASSWORD, "pii", "no name"),
        ("alice", "short", "pii", "12 characters"),
        ("alice", PASSWORD, "a b", "no scope"),
    ],
)
def test_what_cannot_be_a_user_is_refused(engine: Engine, name: str, password: str, scope: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        add_user(engine, name, password, Role.VIEWER, [scope])


def test_every_log_in_is_noted(site: Site, user: str, engine: Engine) -> None:
    log_in(site, user, "wrong wrong wrong")
    token = token_of(log_in(site, user))
    httpx.post(f"{site.origin}/logout", headers={"Cookie": f"{COOKIE}={token}"})
    query = "SELECT who, what, address, outcome FROM identity.audit WHERE who IN (:n, 'user ' || :n) ORDER BY id"
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query), {"n": user})]
    assert found == [
        (f"user {user}", "log-in", "127.0.0.1", "refused"),
        (user, "log-in", "127.0.0.1", "allowed"),
        (user, "log-out", "127.0.0.1", "allowed"),
    ]
