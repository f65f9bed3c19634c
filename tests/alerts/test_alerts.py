"""Alerts as they reach people: over HTTP and SMTP, once, whatever fails or is killed, and without a secret anywhere."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr, ValidationError

from tests.conftest import Cli
from tests.receivers import Hook, hook, post
from tributary.alerts import watching
from tributary.alerts.deciding import Message
from tributary.alerts.record import Record
from tributary.alerts.sending import Destination, destinations, send
from tributary.alerts.watching import Watch, tell_end
from tributary.problems import Found, Problem
from tributary.resources.settings import Settings, shown

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
EVERY = timedelta(seconds=60)
DISK = Problem("Disk", "Disk", "It is full.", "/platform/#disk", "")
RUN = Problem("Failed run", "retail", "It broke.", "/dagster/runs/r1", "", parts=("gold.a",), told_by=("Dagster",))
NOTHING = Found([], frozenset())


@pytest.fixture
def hooked() -> Iterator[Hook]:
    with hook() as found:
        yield found


def of(home: Path, *urls: str) -> Settings:
    told = SecretStr(" ".join(urls)) if urls else None
    return Settings(_env_file=None, home=home, public_url="https://data.example.com", alerts_urls=told)


def titles(taking: Hook) -> list[str]:
    return [body["title"] for _, body in taking.taken]


def rounds(record: Record, to: Sequence[Destination], found: Sequence[Found], sending: Any) -> None:
    for number, one in enumerate(found):
        now = NOW + number * EVERY
        record.note(one, to, EVERY, "https://data.example.com", now)
        record.deliver(to, sending, now)


def test_a_webhook_and_a_mailbox_are_told_once_and_once_when_it_is_over(
    database_url: str, tmp_path: Path, hooked: Hook
) -> None:
    with post() as (mailbox, port):
        settings = of(
            tmp_path,
            f"json://ada:s3cret@{hooked.host}/take?token=s3cret",
            f"mailto://127.0.0.1:{port}?from=tributary@example.com&to=ada@example.com",
        )
        both = Found([RUN, DISK], frozenset())
        rounds(
            Record(database_url),
            destinations(settings),
            [both, both, NOTHING, NOTHING, NOTHING],
            lambda one, message: send(settings, one, message),
        )
    assert titles(hooked) == [
        "Tributary: disk Disk and failed run retail",
        "Tributary: well again: disk Disk and failed run retail",
    ]
    assert "It broke.\nhttps://data.example.com/dagster/runs/r1" in hooked.taken[0][1]["message"]
    assert hooked.taken[1][1]["message"].endswith("All is well.")
    assert [mail["Subject"] for _, mail in mailbox.taken] == titles(hooked)
    assert "https://data.example.com/platform/#disk" in mailbox.taken[0][1].get_body(("plain", "html")).get_content()


def test_one_that_fails_is_tried_again_in_order_and_keeps_no_other_from_being_told(
    database_url: str, tmp_path: Path, hooked: Hook
) -> None:
    with hook() as bad:
        bad.status = 500
        settings = of(tmp_path, f"json://{bad.host}/", "nonsense://x", "json://127.0.0.1:9/", f"json://{hooked.host}/")
        to, record = destinations(settings), Record(database_url)
        found = Found([DISK], frozenset())

        def sending(one: Destination, message: Message) -> bool:
            return send(settings, one, message)

        rounds(record, to, [found, found, NOTHING, NOTHING], sending)
        assert titles(hooked) == ["Tributary: disk Disk", "Tributary: well again: disk Disk"]
        assert set(titles(bad)) == {"Tributary: disk Disk"}
        assert sorted(record.failing()) == sorted(one.id for one in to[:3])
        bad.taken.clear()
        bad.status = 200
        record.deliver(to, sending, NOW + timedelta(hours=3))
        assert titles(bad) == ["Tributary: disk Disk", "Tributary: well again: disk Disk"]


class Killed(BaseException):
    """As a process ends."""


def test_who_is_killed_while_sending_loses_nothing_and_repeats_to_nobody_else(
    database_url: str, tmp_path: Path, hooked: Hook
) -> None:
    with hook() as other:
        settings = of(tmp_path, f"json://{other.host}/", f"json://{hooked.host}/")
        to = destinations(settings)

        def dies(one: Destination, message: Message) -> bool:
            if one == to[0]:
                raise Killed
            return send(settings, one, message)

        record = Record(database_url)
        record.note(Found([DISK], frozenset()), to, EVERY, "", NOW)
        with pytest.raises(Killed):
            record.deliver(to, dies, NOW)
        assert (len(other.taken), len(hooked.taken)) == (0, 1)
        # Another process goes on, and several at once are as one.
        others = [Record(database_url) for _ in range(3)]
        for one in others:
            one.note(Found([DISK], frozenset()), to, EVERY, "", NOW + EVERY)
            one.deliver(to, lambda to, message: send(settings, to, message), NOW + EVERY)
        assert (len(other.taken), len(hooked.taken)) == (1, 1)


def test_urls_are_shown_noted_and_logged_nowhere(
    database_url: str, tmp_path: Path, hooked: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    hooked.status = 500
    settings = of(tmp_path, f"json://ada:hunter2@{hooked.host}/T0KEN?a=hunter2", "json://127.0.0.1:9/hunter2")
    record, to = Record(database_url), destinations(settings)
    with caplog.at_level(logging.INFO):
        rounds(record, to, [Found([DISK], frozenset())] * 2, lambda one, message: send(settings, one, message))
    said = caplog.text + repr(settings) + repr(to) + str(list(shown(settings)))
    with psycopg.connect(database_url) as pg:
        for table in ("problem", "message", "delivery"):
            said += str(pg.execute(f"SELECT * FROM alerts.{table}").fetchall())
    assert "could not be sent (json, number 1)" in said
    assert "hunter2" not in said
    assert "T0KEN" not in said


def test_what_is_no_url_is_refused_without_being_told() -> None:
    with pytest.raises(ValidationError, match="number 2 is no URL"):
        Settings(_env_file=None, alerts_urls=SecretStr("json://a hunter2"))


def test_postgres_itself_is_told_of_when_it_is_away_and_when_it_is_back(
    database_url: str, tmp_path: Path, hooked: Hook
) -> None:
    settings = of(tmp_path, f"json://{hooked.host}/")
    away = "postgresql://127.0.0.1:9/app"
    for _ in range(4):  # each a process of its own
        Watch(settings, lambda: NOTHING, lambda: away).once()
    assert titles(hooked) == ["Tributary: down Postgres"]
    back = Watch(settings.model_copy(update={"alerts_seconds": 0.0}), lambda: NOTHING, lambda: database_url)
    for _ in range(3):
        back.once()
    assert titles(hooked) == ["Tributary: down Postgres", "Tributary: well again: down Postgres"]


def test_postgres_is_told_of_once_where_the_home_holds_no_note(
    database_url: str, tmp_path: Path, hooked: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tributary.resources.disk.free_bytes", lambda _: 0)
    (tmp_path / "run").touch()  # in whose place no folder can be made
    settings = of(tmp_path, f"json://{hooked.host}/").model_copy(update={"alerts_seconds": 0.0})
    urls = iter(["postgresql://127.0.0.1:9/app"] * 4 + [database_url] * 3)
    watch = Watch(settings, lambda: NOTHING, lambda: next(urls))
    for _ in range(4):
        watch.once()
    assert titles(hooked) == ["Tributary: down Postgres"]
    assert "its disk is full (0.0 MB are free)" in hooked.taken[0][1]["message"]
    (tmp_path / "run").unlink()
    for _ in range(3):
        watch.once()
    assert titles(hooked) == ["Tributary: down Postgres", "Tributary: well again: down Postgres"]


def test_the_end_of_the_launcher_is_told_and_its_next_start_too(
    database_url: str, tmp_path: Path, hooked: Hook
) -> None:
    settings = of(tmp_path, f"json://{hooked.host}/")
    tell_end(settings, database_url, "web ended (exit code 1), 7 times in a row, so all were stopped; its log:\nx")
    tell_end(settings, "postgresql://127.0.0.1:9/app", "Postgres ended.")
    after = Watch(settings.model_copy(update={"alerts_seconds": 0.0}), lambda: NOTHING, lambda: database_url)
    after.once()
    after.once()
    assert titles(hooked) == ["Tributary: ended tributary up"] * 2 + ["Tributary: well again: ended tributary up"]
    assert "7 times in a row" in hooked.taken[0][1]["message"]


def test_who_takes_no_alerts_is_a_problem_that_the_others_are_told_of(
    database_url: str, tmp_path: Path, hooked: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = of(tmp_path, "json://127.0.0.1:9/", f"json://{hooked.host}/").model_copy(update={"alerts_seconds": 0.0})
    monkeypatch.setattr("tributary.alerts.record._FIRST", timedelta())
    found: Callable[[], Found] = lambda: Found([DISK], frozenset())  # noqa: E731
    for _ in range(4):
        watching.Watch(settings, found, lambda: database_url).once()
    assert titles(hooked) == ["Tributary: disk Disk", "Tributary: alerts json, number 1"]


def test_the_command_sends_a_test_and_lists_what_goes_on(cli: Cli, tmp_path: Path, hooked: Hook) -> None:
    own = {"home": tmp_path, "alerts_urls": f"json://ada:hunter2@{hooked.host}/ json://127.0.0.1:9/"}
    tried = cli("alerts", "--test", check=False, **own)
    assert tried.returncode == 1
    assert titles(hooked) == ["Tributary: a test"]
    assert "json, number 1 has taken it." in tried.stdout
    assert "json, number 2 of TRIBUTARY_ALERTS_URLS has not taken it" in tried.stderr
    listed = cli("alerts", **own)
    assert "Tributary is not up" in listed.stdout
    assert "All is well." in listed.stdout
    assert "hunter2" not in tried.stdout + tried.stderr + listed.stdout
