"""`tributary report …`, as people run it: in processes of their own, one of which is killed."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli
from tributary.assets.reporting.record import Requests
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings

ASKED = ("report", "run", "ornament_verification", "--set", 'lines=[{"code":"b1","lower_count":"1"}]')

pytestmark = pytest.mark.xdist_group("report_command")


@dataclass(frozen=True)
class Shop:
    """A home with a few pledges, and the record of what is asked of them."""

    own: dict[str, Any]
    requests: Requests


@pytest.fixture(scope="module")
def shop(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    home = tmp_path_factory.mktemp("shop")
    own = {"home": home, "sources": "calendar,pledges", "pledges_sample_scale": 0.0004}
    with connect(Settings(_env_file=None, home=home)) as databases:
        output = cli("materialize", "*", **own).stdout
        assert "staged.report_ornament_verification            0 rows" in output
        requests = Requests(lambda: databases.url("app"))
        yield Shop(own, requests)
        requests.close()


def test_a_report_is_asked_and_its_rows_are_written(cli: Cli, shop: Shop, tmp_path: Path) -> None:
    done = cli(*ASKED, "--output", "-", **shop.own)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    newest = shop.requests.list()[0]
    assert (newest.state, newest.rows, newest.origin) == ("finished", len(rows), "cli")
    assert len(rows) > 10
    assert newest.id in done.stderr
    params = tmp_path / "asked.json"
    params.write_text('{"lines": [{"code": "b1", "lower_count": 1}]}')
    cli("report", "run", "ornament_verification", "--params", params, "--output", tmp_path / "a.xlsx", **shop.own)
    again = shop.requests.list()[0]
    assert again.key == newest.key, "however it is spelt, it is the same question"
    assert (tmp_path / "a.xlsx").read_bytes().startswith(b"PK")
    listed = cli("report", "requests", **shop.own).stdout
    assert listed.index(again.id) < listed.index(newest.id)
    counted = cli("query", "SELECT count(*) FROM staged.report_ornament_verification", "--format", "csv", **shop.own)
    assert counted.stdout.split() == ["count", str(len(rows))]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("run", "ornament_verificatoin"), 2, "There is no report 'ornament_verificatoin'"),
        (("run", "ornament_verification", "--set", "lines=[{"), 2, "begins like JSON, and is none"),
        (("run", "ornament_verification", "--set", "line=1"), 2, "line is no parameter of this report"),
        (("save", "ornament_verification", "--title", "x", "--cron", "* *", *ASKED[3:]), 2, "is no cron expression"),
    ],
)
def test_mistakes_end_in_one_sentence(
    cli: Cli, shop: Shop, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    done = cli("report", *arguments, check=False, **shop.own)
    assert (done.returncode, sentence in done.stderr) == (code, True), done.stderr
    assert done.stderr.strip().count("\n") == 0


def test_a_request_whose_process_was_killed_is_told_and_can_be_asked_again(cli: Cli, shop: Shop) -> None:
    settings = {f"TRIBUTARY_{name.upper()}": str(value) for name, value in shop.own.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "tributary", *ASKED],
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    before = len(shop.requests.list())
    deadline = time.monotonic() + 120
    while len(found := shop.requests.list()) == before or found[0].event in ("queued", "launched"):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    cli("report", "prune", **shop.own)
    killed = shop.requests.find(found[0].id)
    if killed.state != "finished":  # it was quicker than the signal
        assert (killed.state, "ended without a word" in killed.sentence) == ("failed", True)
    assert "materialised" in cli(*ASKED, **shop.own).stdout
    assert shop.requests.list()[0].state == "finished"
