"""Dagster behind the log-in, with real servers: each role does what it may, and nothing else, whatever is tried."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import time
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import Engine, text
from tests.gateway.conftest import PASSWORD, Dagster, Site
from tests.gateway.serving import rest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tributary.identity.dagster_rules import MUTATIONS
from tributary.identity.keys import add_key, revoke_key
from tributary.identity.signing import HEADER, key_in, signed
from tributary.identity.users import add_user
from tributary.resources.principal import OWNER, Principal, Role, roles_up_to

pytestmark = pytest.mark.xdist_group("gateway_dagster")
SELECTOR = '{repositoryLocationName: "tiny_definitions", repositoryName: "__repository__", jobName: "a_job"}'
LAUNCH = (
    f"mutation {{ launchRun(executionParams: {{selector: {SELECTOR}, runConfigData: {{}}}}) "
    "{ __typename ... on LaunchRunSuccess { run { runId } } } }"
)
WIPE = 'mutation { wipeAssets(assetPartitionRanges: [{assetKey: {path: ["pebble"]}}]) { __typename } }'
PERMISSIONS = "{ permissions { permission value } }"
LOCATIONS = "subscription { locationStateChangeEvents { event { eventType } } }"


def test_a_viewer_reads_and_changes_nothing(site: Site) -> None:
    before = len(site.runs(Role.VIEWER))
    assert site.asked("{ version }", Role.VIEWER).json()["data"]["version"]
    for name in MUTATIONS:
        refused = site.asked(f"mutation {{ {name} }}", Role.VIEWER)
        assert refused.status_code == 403, name
        assert "This is for the role" in refused.json()["errors"][0]["message"]
    assert len(site.runs(Role.VIEWER)) == before


def test_an_operator_launches_and_an_admin_wipes(site: Site) -> None:
    launched = site.asked(LAUNCH, Role.OPERATOR).json()["data"]["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess"
    delete = f'mutation {{ deleteRun(runId: "{launched["run"]["runId"]}") {{ __typename }} }}'
    for query in (WIPE, delete):
        assert site.asked(query, Role.OPERATOR).status_code == 403
    # Of a run that nobody knows: told of one that is just ending, Dagster's own code server may wait for it for ever.
    terminate = f'mutation {{ terminateRun(runId: "{uuid4()}") {{ __typename }} }}'
    assert site.asked(terminate, Role.OPERATOR).json()["data"]["terminateRun"]["__typename"] == "RunNotFoundError"
    deadline = time.monotonic() + 60
    while site.runs(Role.VIEWER)[0] not in ("SUCCESS", "FAILURE", "CANCELED"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert site.asked(WIPE, Role.ADMIN).json()["data"]["wipeAssets"]["__typename"] == "AssetWipeSuccess"
    assert site.asked(delete, Role.ADMIN).json()["data"]["deleteRun"]["__typename"] == "DeletePipelineRunSuccess"


def test_dagster_itself_knows_what_each_may(site: Site) -> None:
    def allowed(role: Role) -> set[str]:
        found = site.asked(PERMISSIONS, role).json()["data"]["permissions"]
        return {one["permission"] for one in found if one["value"]}

    assert allowed(Role.VIEWER) == set()
    assert {"launch_pipeline_execution", "edit_sensor"} <= allowed(Role.OPERATOR)
    assert not {"wipe_assets", "delete_pipeline_run"} & allowed(Role.OPERATOR)
    assert {"wipe_assets", "delete_pipeline_run"} <= allowed(Role.ADMIN)


def test_ways_around(site: Site) -> None:
    before = len(site.runs(Role.VIEWER))
    headers = site.headers(Role.VIEWER)
    link = f"{site.url}/graphql?query={quote(LAUNCH)}"
    sent = json.dumps({"query": LAUNCH})
    as_json = {**headers, "Content-Type": "application/json"}
    answers = {
        "get": httpx.get(link, headers=headers),
        "get as html": httpx.get(link, headers={**headers, "Accept": "text/html"}),
        "put": httpx.put(f"{site.url}/graphql", content=sent, headers=as_json),
        "override": httpx.post(link, headers={**as_json, "X-HTTP-Method-Override": "GET"}, content=sent),
        "query and body": httpx.post(link, headers=as_json, content=json.dumps({"query": "{ version }"})),
        "list": httpx.post(f"{site.url}/graphql", headers=as_json, content=f"[{sent}]"),
        "graphql": httpx.post(
            f"{site.url}/graphql", headers={**headers, "Content-Type": "application/graphql"}, content=LAUNCH
        ),
        "form": httpx.post(f"{site.url}/graphql", headers=headers, data={"query": LAUNCH}),
        "encoding": httpx.post(f"{site.url}/graphql", headers={**as_json, "Content-Encoding": "gzip"}, content=sent),
        "charset": httpx.post(f"{site.url}/graphql", headers=as_json, content=sent.encode("utf-16")),
        "report": httpx.post(f"{site.url}/report_asset_materialization/pebble", headers=headers),
        "report encoded": httpx.post(f"{site.url}/report%5Fasset_materialization/pebble", headers=headers),
    }
    got = {name: answer.status_code for name, answer in answers.items()}
    # What was read is what is handed on: the URL's mutation is not.
    assert got.pop("query and body") == 200
    assert "launchRun" not in answers["query and body"].text
    assert all(status in (400, 403, 405, 415) for status in got.values()), got
    assert len(site.runs(Role.VIEWER)) == before


@pytest.mark.parametrize(
    "target",
    [
        "/dagster/../dagster/graphql",
        "/sneakers/../dagster/graphql",
        "/dagster/%2e%2e/dagster/graphql",
        "/dagster//graphql",
        "//dagster/graphql",
        "/dagster/graphql/",
        "/dagster/graphql%00",
        "/dagster/graphql%0a",
        "/dagster/graphql%2f",
        "/dagster%2fgraphql",
        "/dagster/graph%71l",
        "/dagster/.%2fgraphql",
        "/dagster\\graphql",
        "/dagster/graphql;x=1",
        "/dagster/graphql%3fx",
        "/dagster/graphql%2523",
        "/DAGSTER/graphql",
        "/dagster/GraphQL",
        "/v1/../dagster/graphql",
        "/v1/..%2fdagster/graphql",
        "/login/../dagster/graphql",
        "/login/%2e%2e/dagster/graphql",
        "/whoami/../dagster/graphql",
        "http://127.0.0.1/dagster/graphql",
    ],
)
def test_no_path_leads_past(site: Site, target: str) -> None:
    before = len(site.runs(Role.VIEWER))
    body = json.dumps({"query": LAUNCH}).encode()
    for role in (None, Role.VIEWER):
        said = "".join(f"{name}: {value}\r\n" for name, value in site.headers(role).items())
        head = (
            f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nContent-Type: application/json\r\n{said}"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", site.port), timeout=10) as opened:
            opened.sendall(head.encode() + body)
            answer = rest(opened)
        assert int(answer.split(b" ", 2)[1]) >= 300, answer
    assert len(site.runs(Role.VIEWER)) == before


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Content-Length: 0\r\nContent-Length: 44\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Content-Length: +5\r\n",
    ],
)
def test_no_request_hides_in_another(site: Site, framing: str) -> None:
    hidden = f"GET /whoami HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nX-Hidden: yes\r\n\r\n"
    said = "".join(f"{name}: {value}\r\n" for name, value in site.headers(Role.VIEWER).items())
    head = f"POST /dagster/graphql HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n{said}Content-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", site.port), timeout=15) as opened:
        opened.sendall(f"{head}{framing}\r\n0\r\n\r\n{hidden}".encode())
        answer = rest(opened)
    assert not answer.startswith(b"HTTP/1.1 200"), answer
    assert b'"roles"' not in answer or b'"name":null' in answer.replace(b" ", b"")


def forged(dagster: Dagster) -> dict[str, str]:
    """Words that the gateway never gave."""
    key = key_in(dagster.home / "principal-key")
    admin = Principal("mallory", roles_up_to(Role.ADMIN))
    claims = {"iss": "tributary", "aud": "dagster", "sub": "m", "roles": ["admin"], "scopes": []}
    now = int(time.time())

    def unsigned(header: dict[str, str]) -> str:
        parts = [header, {**claims, "exp": now + 60}]
        return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts) + "."

    return {
        "another key": signed(admin, "dagster", OctKey.generate_key(256)).decode(),
        "another audience": signed(admin, "dashboard", key).decode(),
        "old": jwt.encode({"alg": "HS256"}, {**claims, "exp": now - 60}, key),
        "without end": jwt.encode({"alg": "HS256"}, claims, key),
        "another issuer": jwt.encode({"alg": "HS256"}, {**claims, "iss": "x", "exp": now + 60}, key),
        "unknown role": jwt.encode({"alg": "HS256"}, {**claims, "roles": ["root"], "exp": now + 60}, key),
        "no algorithm": unsigned({"alg": "none"}),
        "no words": "admin",
        "none": "",
    }


def test_nobody_is_served_by_dagsters_own_port(site: Site, dagster: Dagster) -> None:
    before = len(site.runs(Role.VIEWER))
    body = {"query": LAUNCH}
    name = HEADER.decode()
    assert httpx.post(f"{dagster.direct}/graphql", json=body).status_code == 401
    for kind, value in forged(dagster).items():
        assert httpx.post(f"{dagster.direct}/graphql", json=body, headers={name: value}).status_code == 401, kind
    key = key_in(dagster.home / "principal-key")
    good = signed(Principal("v", roles_up_to(Role.VIEWER)), "dagster", key).decode()
    twice = [(name, good), (name, good)]
    assert httpx.post(f"{dagster.direct}/graphql", json=body, headers=twice).status_code == 401
    # What holds is what the word says, so that the above means something; Dagster itself refuses the launch.
    seen = httpx.post(f"{dagster.direct}/graphql", json=body, headers={name: good}).json()["data"]["launchRun"]
    assert seen["__typename"] == "UnauthorizedError"
    assert len(site.runs(Role.VIEWER)) == before


def test_a_client_names_no_principal(site: Site, dagster: Dagster) -> None:
    good = signed(OWNER, "dagster", key_in(dagster.home / "principal-key")).decode()
    for name in ("X-Tributary-Principal", "x_tributary_principal", "X-Tributary_Principal"):
        for role, status in ((None, 401), (Role.VIEWER, 403)):
            assert site.asked(WIPE, role, headers={name: good}).status_code == status, name
        named = {**site.headers(Role.VIEWER), name: good, "Connection": f"close, {name}, Authorization"}
        told = httpx.get(f"{site.origin}/whoami", headers=named).json()
        assert told["name"] == "key:k-viewer"
    hop = {"Connection": "close, X-Tributary-Principal"}
    assert site.asked("{ version }", Role.VIEWER, headers=hop).is_success


def test_viewers_read_forms_and_operators_write(site: Site) -> None:
    for role, status in ((Role.VIEWER, 403), (Role.OPERATOR, 400)):
        assert httpx.get(f"{site.origin}/sneakers/", headers=site.headers(role)).status_code == 200
        # For an operator the form's own token is what is missing.
        sent = httpx.post(f"{site.origin}/sneakers/brands/add", headers=site.headers(role), data={"name": "x"})
        assert sent.status_code in (status, 404), sent.text[:200]
        assert (sent.status_code == 403) == (role is Role.VIEWER)


def test_viewers_fill_in_forms_of_reports_and_operators_ask(site: Site) -> None:
    for role, asked in ((Role.VIEWER, 403), (Role.OPERATOR, 400)):
        with httpx.Client(base_url=site.origin, headers=site.headers(role), timeout=60) as client:
            assert client.get("/reports/").status_code == 200
            form = "/reports/retail_households"
            assert client.post(f"{form}/form", data={"do": "add:x"}).status_code == 200
            # For an operator the form's own token is what is missing.
            assert client.post(f"{form}/requests", data={"spent_from": "1"}).status_code == asked
    assert (
        httpx.get(f"{site.origin}/reports/", headers={"Accept": "text/html"}).headers["location"].startswith("/login")
    )


def test_what_is_changed_or_refused_is_noted(site: Site, engine: Engine) -> None:
    with engine.connect() as connection:
        newest = connection.execute(text("SELECT coalesce(max(id), 0) FROM identity.audit")).scalar_one()
    site.asked("{ version }", Role.OPERATOR)
    site.asked(LAUNCH, Role.OPERATOR)
    site.asked(WIPE, Role.OPERATOR)
    site.asked("mutation { launchRun(bad: 1) { __typename } }", Role.OPERATOR)
    query = "SELECT who, what, path, address, outcome, status FROM identity.audit WHERE id > :n ORDER BY id"
    deadline = time.monotonic() + 10
    while True:
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(query), {"n": newest})]
        if len(found) == 3 and found[2][5] is not None:
            break
        assert time.monotonic() < deadline, found
    who, path, address = "key:k-operator", "/dagster/graphql", "127.0.0.1"
    assert found == [
        (who, "launchRun", path, address, "allowed", 200),
        (who, "wipeAssets", path, address, "refused", 403),
        (who, "launchRun", path, address, "failed", 400),
    ]


def test_nothing_is_changed_that_cannot_be_noted(site: Site, engine: Engine) -> None:
    before = len(site.runs(Role.VIEWER))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE identity.audit RENAME TO audit_away"))
    try:
        assert site.asked(LAUNCH, Role.OPERATOR).status_code == 503
        assert site.asked(WIPE, Role.OPERATOR).status_code == 503
        assert site.asked("{ version }", Role.OPERATOR).is_success
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE identity.audit_away RENAME TO audit"))
    assert len(site.runs(Role.VIEWER)) == before


def socket_url(site: Site) -> str:
    return f"{site.url}/graphql".replace("http", "ws", 1)


def start(query: str, number: str = "1") -> str:
    return json.dumps({"id": number, "type": "start", "payload": {"query": query, "variables": {}}})


async def opened(site: Site, headers: dict[str, str]) -> Any:
    found = await connect(socket_url(site), additional_headers=headers, subprotocols=["graphql-ws"])  # type: ignore[list-item]
    assert found.subprotocol == "graphql-ws"
    await found.send('{"type": "connection_init", "payload": {}}')
    assert json.loads(await asyncio.wait_for(found.recv(), 10)) == {"type": "connection_ack"}
    return found


async def closed(found: Any) -> int:
    """The code with which a socket is closed, whatever comes before."""
    try:
        while True:
            await asyncio.wait_for(found.recv(), 10)
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else 0


async def ended_by(site: Site, message: str | bytes, role: Role = Role.VIEWER) -> int:
    """The code with which a socket is closed for a message."""
    found = await opened(site, site.headers(role))
    await found.send(start(LOCATIONS))
    await found.send(message)
    return await closed(found)


def test_a_subscription_tells_a_viewer_of_a_run(site: Site) -> None:
    launched = site.asked(LAUNCH, Role.OPERATOR).json()["data"]["launchRun"]["run"]["runId"]

    async def told() -> str:
        found = await opened(site, site.headers(Role.VIEWER))
        query = (
            f'subscription {{ pipelineRunLogs(runId: "{launched}", cursor: null) '
            "{ ... on PipelineRunLogsSubscriptionSuccess { messages { __typename } } } }"
        )
        seen = ""
        try:
            await found.send(start(query))
            # A run starts a process of its own, which imports Dagster: on a busy machine that takes its time.
            async with asyncio.timeout(180):
                while "RunSuccessEvent" not in seen:
                    seen += await found.recv()
            await found.send('{"id": "1", "type": "stop"}')
        finally:
            await found.close()
        return seen

    assert "AssetMaterializationPlannedEvent" in asyncio.run(told())


@pytest.mark.parametrize(
    "message",
    [
        "hello",
        b"\x00",
        "[]",
        '{"type": "subscribe"}',
        start(LAUNCH),
        start("{ version }"),
        start("subscription { no }"),
    ],
    ids=["text", "bytes", "list", "unknown", "mutation", "query", "subscription"],
)
def test_a_socket_ends_with_what_is_no_subscription(site: Site, message: str | bytes) -> None:
    before = len(site.runs(Role.VIEWER))

    assert asyncio.run(ended_by(site, message, Role.ADMIN)) == 1008
    assert len(site.runs(Role.VIEWER)) == before


def test_a_socket_ends_with_the_session_or_the_key(site: Site, engine: Engine) -> None:
    add_user(engine, "leaving", PASSWORD, Role.VIEWER)
    key = add_key(engine, "leaving", Role.VIEWER, [], None)
    answer = httpx.post(f"{site.origin}/login", data={"name": "leaving", "password": PASSWORD})
    cookie = {"Cookie": f"tributary-session={answer.cookies['tributary-session']}"}

    async def codes() -> list[int]:
        by_cookie = await opened(site, cookie)
        by_key = await opened(site, {"Authorization": f"Bearer {key}"})
        stays = await opened(site, site.headers(Role.VIEWER))
        for one in (by_cookie, by_key, stays):
            await one.send(start(LOCATIONS))
        await asyncio.to_thread(httpx.post, f"{site.origin}/logout", headers=cookie)
        await asyncio.to_thread(revoke_key, engine, "leaving")
        ended = [await closed(by_cookie), await closed(by_key)]
        await stays.send('{"id": "1", "type": "stop"}')
        await stays.ping()
        await stays.close()
        return ended

    assert asyncio.run(codes()) == [1008, 1008]


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}], ids=str
)
def test_no_socket_is_opened_for_strangers(site: Site, headers: dict[str, str]) -> None:
    known = site.headers(Role.ADMIN) if headers else {}

    async def open_it() -> None:
        await connect(socket_url(site), additional_headers={**known, **headers}, subprotocols=["graphql-ws"])  # type: ignore[list-item]

    with pytest.raises(InvalidHandshake):
        asyncio.run(open_it())
