"""A day's work by the command line, on a project of a team's own: what is planned is what is then made."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.conftest import Cli

from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings

pytestmark = pytest.mark.xdist_group("days")

HEADER = """/*
description: Days, {name}.
grain: one row each
columns:
{columns}
*/
"""
DAYS = "select calendar.date as day, calendar.year as a, calendar.month as b from core.dim_date as calendar"
# As good as without end.
LONG = """select cast(sum(one.year * other.month) as bigint) as a from core.dim_date as one
cross join core.dim_date as other cross join core.dim_date as third where third.year <> one.month"""


def _text(name: str, sql: str, **columns: str) -> str:
    told = "\n".join(f'  {column}: {{type: {kind}, description: "It."}}' for column, kind in columns.items())
    return HEADER.format(name=name, columns=told) + sql


MODELS = {
    "core/day": _text("all", DAYS, day="date", a="integer", b="integer"),
    "gold/of_a": _text(
        "by a", "select day.a, count(*) as days from core.day as day group by day.a", a="integer", days="bigint"
    ),
    "gold/of_b": _text("by b", "select distinct day.b from core.day as day", b="integer"),
    "gold/long": _text("of all", LONG, a="bigint"),
}


class Shop:
    """A project with one source of models, its home, and the command line in it."""

    def __init__(self, folder: Path, cli: Cli, databases: Databases) -> None:
        self.folder, self._cli, self.databases = folder, cli, databases
        (folder / "pyproject.toml").write_text("[tool.tributary]\n")
        dist = folder / "packages" / "shop-1.0.dist-info"
        dist.mkdir(parents=True)
        (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n")
        (dist / "entry_points.txt").write_text("[tributary.sources]\nshop = shop_source:SHOP\n")
        (folder / "packages" / "shop_source.py").write_text(
            "from pathlib import Path\nfrom tributary.sdk import Source\n"
            'SHOP = Source("shop", models=Path(__file__).parent.parent / "models", needs=("calendar",))\n'
        )
        for name, text in MODELS.items():
            self.write(name, text)

    @property
    def settings(self) -> dict[str, object]:
        return {"project": self.folder, "home": self.folder / "home", "sources": "shop"}

    def write(self, name: str, text: str) -> None:
        path = self.folder / "models" / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def __call__(self, *words: str, code: int = 0) -> str:
        done = self._cli(*words, check=False, **self.settings)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout if code == 0 else done.stdout + done.stderr

    def plan(self, *words: str) -> dict[str, Any]:
        """By asset what the plan says of it, over all runs."""
        told = json.loads(self("plan", *words, "--format", "json"))
        return {one["key"]: one for run in told["runs"] for one in run["assets"]}

    def made(self) -> set[str]:
        """The assets whose rows the newest run made, and did not leave as they were."""
        with psycopg.connect(self.databases.url("dagster")) as connection:
            rows = connection.execute(
                "SELECT asset_key, event FROM event_logs WHERE dagster_event_type = 'ASSET_MATERIALIZATION' "
                "AND run_id = (SELECT run_id FROM runs ORDER BY id DESC LIMIT 1)"
            ).fetchall()
        return {".".join(json.loads(key)) for key, event in rows if '"label": "unchanged"' not in event}

    def git(self, *words: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", "-C", str(self.folder), *identity, *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def shop(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as patch, connect(Settings(_env_file=None, home=folder / "home")) as databases:
        import os

        patch.setenv("PYTHONPATH", os.pathsep.join([str(folder / "packages"), os.environ.get("PYTHONPATH", "")]))
        yield Shop(folder, cli, databases)


QUICK = ("core", "gold.of_a", "gold.of_b")


def test_a_plan_writes_nothing_and_says_what_is_then_made(shop: Shop) -> None:
    assert "never made" in shop("ls", "gold"), "also where Dagster never was"
    told = shop.plan("gold.of_a", "gold.of_b")
    assert (
        {key for key, one in told.items() if one["does"] == "make"}
        == set(told)
        == {"core.dim_date", "core.day", "gold.of_a", "gold.of_b"}
    )
    assert all(one["why"][0] == {"why": "never made"} and one["seconds"] is None for one in told.values())
    assert json.loads(shop("runs", "--format", "json")) == []
    assert "never made" in shop("ls", "core.day")
    assert "4 materialised" in shop("materialize", *QUICK)
    assert shop.made() == set(told)
    again = shop.plan(*QUICK)
    assert {one["does"] for one in again.values()} == {"stand"}
    assert "Nothing to make: 4 assets" in shop("materialize", *QUICK)
    assert shop.made() == set(told), "no run was begun"
    with psycopg.connect(shop.databases.url("warehouse")) as connection:
        connection.execute("DROP TABLE gold.of_b")
    assert "4 materialised" in shop("materialize", *QUICK)
    assert shop.made() == {"gold.of_b"}, "the warehouse has the last word"


@pytest.mark.timeout(900)  # a dozen commands, on a machine that others may use
def test_an_edit_is_planned_with_its_diff_and_with_whom_it_breaks(shop: Shop) -> None:
    shop.git("init", "-q")
    shop.git("add", "models", "packages")
    shop.git("commit", "-q", "-m", "all")
    assert shop("ls", "state:modified", "--format", "names") == ""
    assert "Nothing is selected" in shop("materialize", "state:modified")
    shop.write("gold/of_b", MODELS["gold/of_b"].replace("select distinct", "-- each once\nselect distinct"))
    assert shop("ls", "state:modified", "--format", "names") == "", "words alone make no row another"
    shop.write("core/day", MODELS["core/day"].replace("calendar.year as a", "calendar.year + 1 as a"))
    shop.write("gold/of_b", MODELS["gold/of_b"].replace("select distinct", "SELECT DISTINCT"))
    assert shop("ls", "state:modified", "--format", "names").split() == ["core.day", "gold.of_b"]
    assert set(shop("ls", "state:modified+", "--exclude", "core", "--format", "names").split()) == {
        "gold.of_a",
        "gold.of_b",
    }

    told = shop.plan(*QUICK)
    assert {key: one["does"] for key, one in told.items()} == {
        "core.dim_date": "stand",
        "core.day": "make",
        "gold.of_a": "make",
        "gold.of_b": "make",
    }
    day, of_b = told["core.day"]["change"], told["gold.of_b"]["change"]
    assert (day["breaking"], day["changed"], day["affects"]) == (True, ["a"], {"gold.of_a": ["a", "days"]})
    assert "-select calendar.date as day, calendar.year as a" in day["diff"]
    assert (of_b["breaking"], of_b["affects"]) == (False, {})
    assert {"why": "made before", "of": "core.day"} in told["gold.of_a"]["why"]
    assert told["core.day"]["seconds"] > 0
    shown = shop("plan", *QUICK)
    assert "+select calendar.date as day, calendar.year + 1 as a" in shown
    assert "Breaking: it changes a, which reaches gold.of_a (a, days)." in shown
    assert "Not breaking: it changes no rows." in shown
    stale = {one["key"]: one["stale"] for one in json.loads(shop("ls", "gold", "core.day", "--format", "json"))}
    assert stale["core.day"] == [{"why": "code"}]
    assert {"why": "upstream", "of": "core.day"} in stale["gold.of_a"]
    shop("materialize", *QUICK)
    assert shop.made() == {key for key, one in told.items() if one["does"] == "make"}


def test_a_statement_is_rendered_for_each_engine(shop: Shop) -> None:
    statement = shop("render", "gold.of_a")
    assert "count(*)" in statement.lower()
    assert statement.endswith(";\n")
    assert shop("query", statement.rstrip(";\n"), "--format", "csv").startswith("a,days")
    assert shop("render", "gold.of_a", "--dialect", "athena") == shop("render", "gold.of_a", "--dialect", "trino")
    assert "made by Python code" in shop("render", "core.dim_date", code=2)


def test_runs_are_listed_read_and_cancelled(shop: Shop) -> None:
    newest = json.loads(shop("runs", "--format", "json", "--limit", "1"))[0]
    assert (newest["state"], newest["failed"]) == ("success", [])
    assert newest["assets"] == ["core.day", "core.dim_date", "gold.of_a", "gold.of_b"]
    assert newest["run"][:8] in shop("runs")
    told = shop("logs", newest["run"][:8])
    assert " core.day " in told
    assert "did you mean" in shop("logs", f"{newest['run'][:7]}!", code=2)
    assert "has ended already: success" in shop("cancel", newest["run"])


def test_a_run_that_goes_on_is_cancelled_from_elsewhere(
    shop: Shop, begun: Callable[..., subprocess.Popen[str]]
) -> None:
    process = begun("materialize", "gold.long")
    deadline = time.monotonic() + 120
    while not (running := [one for one in json.loads(shop("runs", "--format", "json")) if one["state"] == "running"]):
        assert process.poll() is None
        assert time.monotonic() < deadline
    assert "has ended: cancelled" in shop("cancel", running[0]["run"])
    assert process.wait(60) == 130
    assert shop.plan("gold.long")["gold.long"]["does"] == "make"


@pytest.fixture
def begun(shop: Shop) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Begins a command, and ends it where it has not by itself."""
    import os
    import sys

    started: list[subprocess.Popen[str]] = []

    def begin(*words: str) -> subprocess.Popen[str]:
        own = {f"TRIBUTARY_{name.upper()}": str(value) for name, value in shop.settings.items()}
        environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | own
        command = [sys.executable, "-m", "tributary", *words]
        started.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--version",), 0, "tributary 0."),
        (("ls", "-h"), 0, "SELECTION"),
        (("lss",), 2, "tributary has no command lss; did you mean ls?"),
        (("users", "ad"), 2, "tributary users has no command ad; did you mean add?"),
        (("ls", "--fromat", "json"), 2, "tributary ls: no such option: --fromat; did you mean --format?"),
        (("ls", "--format", "name"), 2, "--format name is not known; did you mean names?"),
        (("ls", "core.dya"), 2, "core.dya is none; did you mean core.day?"),
        (("ls", "state:modified", "--against", "no-such"), 2, "no-such is no"),
        (("plan", "gold.of_x"), 2, "did you mean gold.of_"),
        (("materialize", "--missing"), 2, "--missing needs the range"),
        (("render", "gold.of_a", "--dialect", "postgre"), 2, "did you mean postgres?"),
        (("completion", "bsh"), 2, "did you mean bash?"),
        (("query", "select * from gold.off_a"), 1, "did you mean gold.of_a?"),
        (("query", "select * from of_a"), 1, "did you mean gold.of_a?"),
        (("logs", "zzzz"), 2, "There is no run zzzz"),
        (("down",), 0, "Tributary is not up."),
    ],
)  # fmt: skip
def test_exit_codes_are_those_that_are_documented(shop: Shop, words: tuple[str, ...], code: int, sentence: str) -> None:
    told = shop(*words, code=code)
    assert sentence in told
    if code:
        assert told.strip().count("\n") == 0


def test_a_shell_completes_commands_tables_and_sources(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert f"_TRIBUTARY_COMPLETE=complete_{shell}" in shop("completion", shell)
    monkeypatch.setenv("_TRIBUTARY_COMPLETE", "complete_bash")
    for typed, found in {
        "tributary ren": {"render"},
        "tributary ls gold.of": {"gold.of_a", "gold.of_b"},
        "tributary plan +core.da": {"+core.day"},
        "tributary test sho": {"shop"},
        "tributary lineage core.day.": {"core.day.day", "core.day.a", "core.day.b"},
    }.items():
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
        assert set(shop().split()) == found, typed
