"""Which requests are refused, by what they say of themselves alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tributary.resources.gateway.decision import Policy, refusal
from tributary.resources.gateway.hosts import Authority, known_hosts, read_authority, read_origin

POLICY = Policy(
    known_hosts(["tributary.example.com", "other.example:8443"], "192.0.2.7"),
    public=lambda path: path == "/v1/batch",
    graphql=frozenset({"/graphql"}),
)
HERE = {"host": "localhost:3000"}
JSON = {"content-type": "application/json"}


def status(
    method: str = "GET",
    path: str = "/",
    headers: dict[str, str] | list[tuple[str, str]] | None = None,
    query: str = "",
    **scope: Any,
) -> int | None:
    """The status of the refusal of a request that came in at 127.0.0.1:3000; None where it is not refused."""
    given = HERE if headers is None else headers
    pairs = given.items() if isinstance(given, dict) else given
    made = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs],
        "server": ("127.0.0.1", 3000),
        **scope,
    }
    found = refusal(made, POLICY)
    return None if found is None else found.status


@pytest.mark.parametrize(
    "host",
    [
        "localhost:3000",
        "LocalHost:3000",
        "localhost.:3000",
        "127.0.0.1:3000",
        "[::1]:3000",
        "[0:0::1]:3000",
        "192.0.2.7:3000",
        "tributary.example.com",
        "Tributary.Example.com.",
        "tributary.example.com:443",
        "tributary.example.com:3000",
        "other.example:8443",
    ],
)
def test_a_host_that_is_known_is_answered(host: str) -> None:
    assert status(headers={"host": host}) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:3000",
        "localhost",
        "localhost:8000",
        "localhost.evil.example:3000",
        "127.0.0.1.nip.io:3000",
        "127.0.0.2:3000",
        "0.0.0.0:3000",
        "[::2]:3000",
        "tributary.example.com:8080",
        "other.example",
        "sub.tributary.example.com",
    ],
)
def test_a_host_that_is_not_known_is_refused(host: str) -> None:
    assert status(headers={"host": host}) == 421
    assert status(path="/v1/batch", method="POST", headers={"host": host}) == 421
    assert status(type="websocket", headers={"host": host}) == 421


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        "evil@localhost:3000",
        "localhost:3000@evil.example",
        "localhost:3000, evil.example",
        "localhost:3000 ",
        "http://localhost:3000",
        "localhost:3000/",
        "localhost:",
        "localhost:0",
        "localhost:99999",
        "localhost:٣000",
        "::1:3000",
        "[::1%lo]:3000",
        "[localhost]:3000",
        "." * 400,
    ],
)
def test_what_is_no_host_is_refused(host: str) -> None:
    given = host.encode().decode("latin-1")
    assert status(headers={"host": given}) == 400


def test_a_missing_or_repeated_host_is_refused_and_a_forwarded_one_is_not_looked_at() -> None:
    assert status(headers={}) == 400
    assert status(headers=[("host", "localhost:3000"), ("host", "localhost:3000")]) == 400
    assert status(headers={"host": "evil.example", "x-forwarded-host": "localhost:3000"}) == 421
    assert status(headers={**HERE, "x-forwarded-host": "evil.example"}) is None


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000", "https://tributary.example.com"],
)
def test_a_page_of_the_server_itself_may_change_things(origin: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert status(method, headers={**HERE, "origin": origin}) is None
    assert status(type="websocket", headers={**HERE, "origin": origin}) is None


FOREIGN = [
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": "http://localhost:8000"},
    {"origin": "http://localhost"},
    {"origin": "https://localhost:3001"},
    {"origin": "http://localhost:3000.evil.example"},
    {"origin": "http://evil.example/http://localhost:3000"},
    {"origin": "http://localhost:3000@evil.example"},
    {"origin": "chrome-extension://localhost:3000"},
    {"origin": "https://tributary.example.com:8080"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"referer": "http://evil.example/?http://localhost:3000/"},
    {"referer": "http://localhost:3000@evil.example/"},
    {"referer": "about:blank"},
    {"origin": "http://evil.example", "sec-fetch-site": "same-origin", "referer": "http://localhost:3000/"},
]


@pytest.mark.parametrize("said", FOREIGN)
def test_a_page_from_elsewhere_changes_nothing(said: dict[str, str]) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "CONNECT", "post", "ANYTHING"):
        assert status(method, headers={**HERE, **JSON, **said}) == 403, method
        assert status(method, "/graphql", headers={**HERE, **JSON, **said}) == 403, method
    assert status(type="websocket", headers={**HERE, **said}) == 403
    # It may link here, and it may send events.
    assert status(headers={**HERE, **said}) is None
    assert status("POST", "/v1/batch", headers={**HERE, **said}) is None


def test_a_sender_that_is_no_browser_may_change_things() -> None:
    assert status("POST", "/graphql", headers={**HERE, **JSON}) is None
    assert status("POST", headers={**HERE, "referer": "http://localhost:3000/a?b"}) is None
    assert status("POST", headers={**HERE, "sec-fetch-site": "same-origin"}) is None
    assert status("POST", headers={**HERE, "sec-fetch-site": "none"}) is None
    assert status("POST", headers=[*HERE.items(), ("origin", "http://localhost:3000"), ("origin", "null")]) == 400


MUTATING = [
    "mutation { launch }",
    "mutation Query { launch }",
    "#query { a }\nmutation{launch}",
    "\ufeff , mutation{launch}",
    "query A { a } mutation B { launch }",
    "fragment F on M { launch } mutation { ...F }",
    "subscription { logs }",
    'mutation($a: String = "query") { launch(a: $a) }',
    "not graphql at all {",
    "{" * 5000,
]


@pytest.mark.parametrize("document", MUTATING)
def test_by_get_nothing_is_executed_but_queries(document: str) -> None:
    for method in ("GET", "HEAD"):
        for extra in ({}, {"operationName": "A"}, {"extensions": '{"persistedQuery": {}}'}):
            asked = urlencode({"query": document, **extra})
            assert status(method, "/graphql", query=asked) == 405
    assert status(path="/graphql", query=urlencode([("query", "{ a }"), ("query", document)])) == 405
    assert status(path="/graphql", query=urlencode([("query", document), ("query", "{ a }")])) == 405
    asked = "".join(f"%{byte:02x}" for byte in document.encode())
    assert status(path="/graphql", query=f"qu%65ry={asked}") == 405


@pytest.mark.parametrize("end", ["\n", "\r", "\0", "\x7f"])
def test_a_path_has_one_name(end: str) -> None:
    for path in (f"/graphql{end}", f"/v1/batch{end}", f"/a{end}/b"):
        assert status(path=path) == 400
        assert status("POST", path) == 400


@pytest.mark.parametrize("document", ["{ mutation }", 'query { a(b: "mutation { launch }") } # mutation', "query A{a}"])
def test_queries_by_get_are_answered(document: str) -> None:
    assert status(path="/graphql", query=urlencode({"query": document})) is None
    assert status(path="/graphql") is None


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "",
        "text/plain",
        "text/plain; application/json",
        "text/plain;charset=application/json",
        "multipart/form-data; boundary=application/json",
        "application/x-www-form-urlencoded",
        "application/jsonp",
    ],
)
def test_graphql_in_a_body_that_any_page_may_send_is_refused(kind: str | None) -> None:
    said = HERE if kind is None else {**HERE, "content-type": kind}
    asked = urlencode({"query": "mutation { launch }"})
    assert status("POST", "/graphql", headers=said, query=asked) == 415


def test_graphql_as_json_is_taken() -> None:
    for kind in ("application/json", "Application/JSON ; charset=utf-8"):
        assert status("POST", "/graphql", headers={**HERE, "content-type": kind}) is None


def test_a_wildcard_address_is_known_by_the_address_that_was_asked() -> None:
    policy = Policy(known_hosts(bound="0.0.0.0"))  # noqa: S104
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "server": ("192.0.2.9", 80),
    }
    asked = [b"192.0.2.9", b"192.0.2.10", b"evil.example"]
    found = [refusal({**scope, "headers": [(b"host", host)]}, policy) for host in asked]
    assert [one and one.status for one in found] == [None, 421, 421]


def test_settings_that_are_no_hosts_are_refused() -> None:
    for wrong in ("http://a", "a/b", "a b", "*", "a:b"):
        with pytest.raises(ValueError, match="no host"):
            known_hosts([wrong])


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z]{1,5}){0,3}", fullmatch=True)


@given(NAMES, st.none() | st.integers(1, 65535), st.text("aA", max_size=0) | st.just("."))
def test_a_name_is_read_as_it_was_written(name: str, port: int | None, dot: str) -> None:
    text = f"{name.upper()}{dot}" + ("" if port is None else f":{port}")
    assert read_authority(text) == Authority(name, port)
    assert read_origin(f"https://{text}") == ("https", Authority(name, port))


@given(st.text())
def test_whatever_is_known_was_named(text: str) -> None:
    given_host = read_authority(text)
    if given_host is not None and status(headers={"host": text}) is None:
        assert given_host.name in {
            "localhost",
            "127.0.0.1",
            "::1",
            "192.0.2.7",
            "tributary.example.com",
            "other.example",
        }


def test_a_query_in_a_link_of_another_site_is_not_answered() -> None:
    query = urlencode({"query": "{ version }"})
    for said, found in ((("sec-fetch-site", "cross-site"), 403), (("sec-fetch-site", "same-origin"), None)):
        assert status(path="/graphql", query=query, headers=[*HERE.items(), said]) == found
        assert status(path="/", query=query, headers=[*HERE.items(), said]) is None


def test_where_people_come_by_tls_a_page_without_it_is_another_site() -> None:
    policy = replace(POLICY, secure=True)
    for origin, refused in (
        ("http://tributary.example.com", True),
        ("https://tributary.example.com", False),
        ("http://localhost:3000", False),
    ):
        headers = [(b"host", b"tributary.example.com"), (b"origin", origin.encode())]
        scope = {"type": "websocket", "scheme": "ws", "path": "/x", "headers": headers, "server": ("127.0.0.1", 3000)}
        assert (refusal(scope, policy) is not None) == refused, origin
