"""The one address beyond loopback: what the settings refuse, TLS by files, and proxies that are named."""

from __future__ import annotations

import datetime as dt
import ssl
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.gateway.serving import served

from tributary.identity.callers import cookie_name
from tributary.launcher.probes import http, succeeds
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.serving import front_of, hosts_of
from tributary.resources.settings import Settings

OIDC = {"login": "oidc", "oidc_client_id": "c", "oidc_roles": "*=viewer"}


def of(**own: Any) -> Settings:
    return Settings(_env_file=None, **own)


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        ({"host": "0.0.0.0"}, "others can reach.*tributary users add"),  # noqa: S104
        ({"host": "::"}, "others can reach"),
        ({"host": "192.168.0.7"}, "others can reach"),
        ({"host": "data.example.com"}, "others can reach"),
        ({"host": "0.0.0.0", "login": "users"}, "TRIBUTARY_COLLECTOR_WRITE_KEY"),  # noqa: S104
        ({"login": "oidc"}, "TRIBUTARY_OIDC_ISSUER"),
        ({"login": "oidc", "oidc_issuer": "https://id.example.com"}, "TRIBUTARY_OIDC_CLIENT_ID"),
        ({**OIDC, "oidc_issuer": "https://id.example.com", "oidc_roles": ""}, "TRIBUTARY_OIDC_ROLES"),
        ({**OIDC, "oidc_issuer": "http://id.example.com"}, "must begin with https"),
        ({**OIDC, "oidc_issuer": "http://localhost@evil.example"}, "must begin with https"),
        ({"trusted_proxies": "*"}, "everybody could say"),
        ({"login": "nobody"}, "pattern"),
        ({"oidc_roles": "admins"}, "pattern"),
        ({"tls_certificate": "c.pem"}, "go together"),
        ({"tls_certificate": "c.pem", "tls_key": "k.pem"}, "TRIBUTARY_PUBLIC_URL"),
        ({"public_url": "https://data.example.com/path"}, "pattern"),
    ],
)
def test_what_would_leave_something_open_is_refused(own: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        of(**own)


@pytest.mark.parametrize(
    "own",
    [
        {"host": "127.0.0.5"},
        {"host": "::1"},
        {"host": "localhost"},
        {"host": "0.0.0.0", "login": "users", "collector_write_key": "k"},  # noqa: S104
        {"host": "0.0.0.0", "oidc_issuer": "https://id.example.com/", "collector_write_key": "k", **OIDC},  # noqa: S104
        {"oidc_issuer": "http://127.0.0.1:9400", **OIDC},
    ],
    ids=str,
)
def test_what_is_guarded_is_served(own: dict[str, Any]) -> None:
    assert of(**own).web_url.startswith("http://")


def who(request: Request) -> JSONResponse:
    return JSONResponse([request.client.host if request.client else None, request.url.scheme])


APP = Starlette(routes=[Route("/", who)])


def policy(settings: Settings) -> Policy:
    return Policy(hosts_of(settings))


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for data.example.com that nobody signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "data.example.com")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("data.example.com")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, secret


def test_tls_by_files(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    settings = of(tls_certificate=chain, tls_key=key, public_url="https://data.example.com")
    assert (settings.address, settings.web_url) == ("https://data.example.com", "https://127.0.0.1:8000")
    assert cookie_name(secure=settings.is_secure) == "__Host-tributary"
    with served(APP, policy(settings), **front_of(settings)) as found:
        url = f"https://127.0.0.1:{found.port}/"
        trusting = ssl.create_default_context(cafile=str(chain))
        with httpx.Client(verify=trusting) as client:
            named = {"Host": "data.example.com"}
            answer = client.get(url, headers=named, extensions={"sni_hostname": "data.example.com"})
            assert answer.json() == ["127.0.0.1", "https"]
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
        # The launcher asks a server of its own, by an address that the certificate is not for.
        assert http(url)() == "yes"
        assert succeeds(url)


@pytest.mark.parametrize(("trusted", "kept"), [("", False), ("127.0.0.1", True)])
def test_only_a_proxy_may_keep_a_connection_without_a_request(trusted: str, kept: bool) -> None:
    settings = of(trusted_proxies=trusted)
    options = {"timeout_keep_alive": 1, **front_of(settings)}
    with served(APP, policy(settings), **options) as found, found.connection() as opened:
        request = f"GET / HTTP/1.1\r\nHost: localhost:{found.port}\r\n\r\n".encode()
        opened.sendall(request)
        assert opened.recv(65536).startswith(b"HTTP/1.1 200 ")
        time.sleep(2)
        if kept:
            opened.sendall(request)
            assert opened.recv(65536).startswith(b"HTTP/1.1 200 ")
        else:
            assert opened.recv(1) == b""


@pytest.mark.parametrize(
    ("trusted", "client"), [("", "127.0.0.1"), ("10.9.9.9", "127.0.0.1"), ("127.0.0.1", "1.2.3.4")]
)
def test_only_named_proxies_say_who_asks(trusted: str, client: str) -> None:
    settings = of(trusted_proxies=trusted)
    with served(APP, policy(settings), **front_of(settings)) as found:
        said = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https", "Host": f"localhost:{found.port}"}
        assert httpx.get(found.url, headers=said).json() == [client, "https" if client == "1.2.3.4" else "http"]
