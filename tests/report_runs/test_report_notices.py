"""Notices: where they may go, that they come with the link, and that a failing one fails nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from tests.receivers import Hook
from tests.receivers import hook as receiving_hooks
from tests.receivers import post as receiving_mail
from tests.report_runs.bench import Bench
from tributary.reports import sensor
from tributary.reports.notifying import checked_address
from tributary.resources.errors import UsageError
from tributary.resources.settings import Settings


@pytest.fixture
def hook() -> Iterator[Hook]:
    with receiving_hooks() as found:
        yield found


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, public_url="https://data.example.com", **values)


def send(bench: Bench, monkeypatch: pytest.MonkeyPatch, found: Settings) -> None:
    monkeypatch.setattr(sensor, "get_settings", lambda: found)
    sensor.send_notices(bench.requests, {"bills": bench.report})


def test_a_webhook_is_told_the_state_and_the_link_once(
    bench: Bench, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = bench.ask(notify=f"http://{hook.host}/take/this?token=s3cret")
    quiet, waiting = bench.ask(), bench.ask(notify=f"http://{hook.host}/no")
    bench.make(asked)
    bench.make(quiet)
    for _ in range(2):
        send(bench, monkeypatch, settings(webhook_hosts=hook.host))
    ((path, body),) = hook.taken
    assert path == "/take/this?token=s3cret"
    assert body["title"] == "Bills by code: finished"
    assert "It has 10 rows." in body["message"]
    assert f"https://data.example.com/reports/requests/{asked.id}" in body["message"]
    assert bench.now(asked).notice == "The notice was sent."
    assert (bench.now(asked).state, bench.now(waiting).notice) == ("finished", "")


def test_mail_comes_with_the_link_and_a_failure_is_told_too(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = bench.ask(notify="ada@example.com")
    bench.requests.tell(asked.id, "failed", sentence="The warehouse was down.")
    with receiving_mail() as (post, port):
        url = SecretStr(f"mailto://127.0.0.1:{port}?from=reports@example.com")
        send(bench, monkeypatch, settings(mail_url=url))
    ((to, mail),) = post.taken
    assert to == ["ada@example.com"]
    assert mail["Subject"] == "Bills by code: failed"
    text = mail.get_body(("html", "plain")).get_content()
    assert "The warehouse was down." in text
    assert asked.id in text


@pytest.mark.parametrize("status", [500, 302])
def test_a_notice_that_fails_is_told_and_fails_nothing(
    bench: Bench, hook: Hook, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    hook.status = status
    asked, next_one = (bench.ask(notify=f"http://{hook.host}/{n}") for n in "ab")
    bench.make(asked)
    bench.make(next_one)
    send(bench, monkeypatch, settings(webhook_hosts=hook.host))
    assert [path for path, _ in hook.taken] == ["/a", "/b"]
    assert (bench.now(asked).state, bench.now(next_one).state) == ("finished", "finished")
    assert bench.now(asked).notice == "The notice could not be sent: the server did not take it."


def test_each_end_of_a_request_is_told(bench: Bench, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = bench.ask(notify=f"http://{hook.host}/x")
    bench.requests.tell(asked.id, "failed")
    send(bench, monkeypatch, settings(webhook_hosts=hook.host))
    with bench.requests.turn(asked.id) as turn:
        turn.tell("queued")
    assert bench.now(asked).notice == ""
    bench.make(asked)
    send(bench, monkeypatch, settings(webhook_hosts=hook.host))
    assert [body["title"].rpartition(" ")[2] for _, body in hook.taken] == ["failed", "finished"]


def test_what_may_not_be_sent_to_any_more_is_told(bench: Bench, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = bench.ask(notify=f"http://{hook.host}/x")
    bench.make(asked)
    send(bench, monkeypatch, settings())
    assert bench.now(asked).notice.startswith("The notice was not sent: No notice may be sent to 127.0.0.1")
    assert hook.taken == []


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://hooks.example.com:81/x",
        "http://user:password@hooks.example.com/x",
        "https://hooks.example.com.evil.example/x",
        "ftp://hooks.example.com/x",
        "file:///etc/passwd",
        "tgram://token/chat",
        "https://",
        "http://[::1",
        "http://hooks.example.com:99999999/",
        "not an address",
        "a@b@c",
        "ada@example.com?bcc=all@example.com",
        "ada@example.com\nBcc: all@example.com",
        "x" * 3_000,
    ],
)
def test_nothing_is_sent_where_nobody_allowed_it(address: str) -> None:
    found = settings(webhook_hosts="hooks.example.com", mail_url=SecretStr("mailto://localhost"))
    with pytest.raises(UsageError):
        checked_address(found, address)


def test_what_is_allowed_is_kept_as_it_is() -> None:
    found = settings(webhook_hosts="hooks.example.com, other:8080", mail_url=SecretStr("mailto://localhost"))
    for address in ("", "https://hooks.example.com/a?b=c", "http://other:8080/x", "ada+x@mail.example.com"):
        assert checked_address(found, f" {address} ") == address
    with pytest.raises(UsageError, match="TRIBUTARY_MAIL_URL"):
        checked_address(settings(), "ada@example.com")
