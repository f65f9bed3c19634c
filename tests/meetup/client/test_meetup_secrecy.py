"""The token is in no message, repr, log or rendered traceback, whatever goes wrong."""

from __future__ import annotations

import io
import json
import logging
import traceback
from typing import Any

import httpx
import pytest
from rich.console import Console
from rich.traceback import Traceback
from tests.meetup.client.conftest import ClientOf, ScriptedServer

from tributary.assets.meetup.api.errors import MeetupError

TOKEN = "abc123secret456def"


def _echo(_request: Any) -> tuple[int, dict[str, str], bytes]:
    return 401, {}, json.dumps({"errors": [{"message": f"token {TOKEN} has expired"}]}).encode()


def _rude(_request: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps({"errors": [{"message": f"cannot serve Bearer {TOKEN}"}], "data": None}).encode()


def _forbidden(_request: Any) -> tuple[int, dict[str, str], bytes]:
    error = {"message": f"{TOKEN} may not", "extensions": {"code": "FORBIDDEN"}}
    return 200, {}, json.dumps({"errors": [error]}).encode()


def _cut(_request: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Length": "1000"}, b"{"


def _garbled(_request: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Encoding": "gzip"}, b"no gzip"


@pytest.mark.parametrize("script", [_echo, _rude, _forbidden, _cut, _garbled])
def test_failures_do_not_show_the_token(
    scripted: ScriptedServer, client_of: ClientOf, caplog: pytest.LogCaptureFixture, script: Any
) -> None:
    scripted.script = script
    client = client_of(scripted.url, token=TOKEN, timeout=0.5)
    with caplog.at_level(logging.DEBUG), pytest.raises(MeetupError) as caught:
        client.group("a")
    assert scripted.requests[0]["authorization"] == f"Bearer {TOKEN}"
    _assert_unseen(caught.value, caplog.text, repr(client))


@pytest.mark.parametrize("token", ["token", "e"])
def test_a_short_token_is_not_cut_out_of_our_own_words(
    scripted: ScriptedServer, client_of: ClientOf, token: str
) -> None:
    scripted.script = lambda _request: (400, {}, b'{"error": "invalid_grant", "error_description": "no token"}')
    with pytest.raises(MeetupError, match=r"^Meetup refused the token .*: it is wrong or expired; renew"):
        client_of(scripted.url, token=token).group("a")


def test_an_unreachable_server_does_not_show_the_token(client_of: ClientOf, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(MeetupError) as caught:
        client_of("http://127.0.0.1:9/gql-ext", token=TOKEN).group("a")
    _assert_unseen(caught.value, caplog.text)


def test_a_time_out_does_not_show_the_token(client_of: ClientOf, caplog: pytest.LogCaptureFixture) -> None:
    def late(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout(f"while sending {request.headers['Authorization']}", request=request)

    client = client_of("http://127.0.0.1:9/gql-ext", token=TOKEN, transport=httpx.MockTransport(late))
    with caplog.at_level(logging.DEBUG), pytest.raises(MeetupError, match="in time") as caught:
        client.group("a")
    _assert_unseen(caught.value, caplog.text)


def _assert_unseen(error: BaseException, *texts: str) -> None:
    trace = error.__traceback__
    # The first frame is the test's own, which knows the token.
    assert trace is not None
    error.with_traceback(trace.tb_next)
    seen: list[BaseException] = []
    chain: BaseException | None = error
    while chain is not None and chain not in seen:
        seen.append(chain)
        plain = traceback.TracebackException.from_exception(chain, capture_locals=True)
        texts += ("".join(plain.format()), repr(chain), str(chain), _rich(chain))
        chain = chain.__cause__ or chain.__context__
    for text in texts:
        assert TOKEN not in text


def _rich(error: BaseException) -> str:
    out = io.StringIO()
    shown = Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True, locals_max_length=1000)
    Console(file=out, width=200).print(shown)
    return out.getvalue()
