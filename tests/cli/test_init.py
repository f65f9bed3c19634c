"""`tributary init`: what it writes works at once, in a project and in a checkout, and nothing is written by halves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from tests.accessibility import faults

from tributary.cli import init_source
from tributary.cli.init import project
from tributary.cli.init_source import KINDS
from tributary.cli.templates.form.form import create_app
from tributary.cli.templating import Home, put_all
from tributary.resources.errors import UsageError
from tributary.resources.postgres.databases import connect
from tributary.resources.principal import Principal, with_principal
from tributary.resources.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from playwright import sync_api

BIN = Path(sys.executable).parent
NAMES = ("ab", "a_source_of_a_long_name_")


class Scratch:
    """A project of a team's own with one source of each kind, called as their kinds, and a home."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "team"
        project(self.folder, "acme")

    def run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRIBUTARY_", "COLUMNS"))}
        environment = kept | {"PYTHONPATH": str(self.folder)}
        words = (str(BIN / program), *words)
        return subprocess.run(words, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=200)

    def tributary(self, *words: str, code: int = 0) -> str:
        done = self.run("tributary", *words)
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


def called(kind: str) -> str:
    return f"a_{kind.replace('-', '_')}"


def write(home: Home, name: str, kind: str, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(init_source, "here", lambda: home)
    init_source.source(name, kind)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scratch]:
    found = Scratch(tmp_path_factory.mktemp("init"))
    with pytest.MonkeyPatch.context() as patch:
        for kind in KINDS:
            write(Home(found.folder, is_checkout=False), called(kind), kind, patch)
    # The server is held, so that no command has to start it.
    with connect(Settings(_env_file=None, home=found.folder / ".tributary")):
        yield found


def test_a_source_of_each_kind_with_a_model_and_a_report_works_at_once(scratch: Scratch) -> None:
    told = scratch.tributary("init", "model", "gold.a_csv_more", "--from", "staged.a_csv_records")
    assert [line[:2] for line in told.splitlines()[1:]] == ["1.", "2.", "3."]
    scratch.tributary("init", "report", "a_csv_asked", "--source", "a_csv")
    assert "✓ 20 assets, 7 SQL models" in scratch.tributary("check")
    assert "8 tests of 8 models: all passed." in scratch.tributary("test")
    own = scratch.run("pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert "7 passed" in own.stdout, own.stdout
    scratch.tributary("materialize", " or ".join(f"group:{called(kind)}" for kind in KINDS))
    counts = " UNION ALL ".join(f"SELECT '{kind}', sum(records) > 1 FROM gold.{called(kind)}_days" for kind in KINDS)
    assert set(scratch.tributary("query", "--format", "csv", counts).split()[1:]) == {f"{kind},t" for kind in KINDS}
    rejected = scratch.tributary("query", "--format", "csv", "SELECT DISTINCT table_name FROM quarantine.rejected_rows")
    # People are told by the form itself what cannot be.
    assert len(rejected.split()) - 1 == len(KINDS) - 1


def test_what_is_written_is_as_the_linter_and_formatter_want_it_whatever_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team, checkout = tmp_path / "team", tmp_path / "checkout"
    project(team, "acme")
    for folder in ("assets", "sql", "tests"):
        (checkout / folder).mkdir(parents=True)
    for name in ("pyproject.toml", "assets/sources.py"):
        (checkout / name).write_text((PROJECT_ROOT / name).read_text())
    for kind in KINDS:
        for name in NAMES:
            write(Home(team, is_checkout=False), f"{kind[0]}{name}"[:24], kind, monkeypatch)
            write(Home(checkout, is_checkout=True), f"{kind[0]}{name}"[:24], kind, monkeypatch)
    for folder in (team, checkout):
        for words in (("format", "--check"), ("check",)):
            done = subprocess.run([BIN / "ruff", *words, "--no-cache", folder], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout
        told = "".join(one.read_text() for one in folder.rglob("*.*") if one.name != "pyproject.toml")
        assert re.findall("[Ee]xample|EXAMPLE|cli.templates", told) == []
    names = {f"{kind[0]}{name}"[:24] for kind in KINDS for name in NAMES}
    told = tomllib.loads((team / "pyproject.toml").read_text())
    assert names < set(told["project"]["entry-points"]["tributary.sources"])
    assert names < set(told["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert names < set((team / ".env").read_text().strip().partition("TRIBUTARY_SOURCES=")[2].split(","))
    listed: dict[str, dict[str, str]] = {}
    exec((checkout / "assets" / "sources.py").read_text(), listed)  # noqa: S102 - it is our own
    assert names < set(listed["BUILT_IN"])
    floors = tomllib.loads((checkout / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][1]["layers"]
    assert names < set(floors[1].split(" | "))


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("Weather", "csv", "'Weather' is no name of a source: it has lower-case letters"),
        ("w" * 25, "csv", "at most 24 characters"),
        ("weather", "xml", "'xml' is no kind of source; there are csv, json-objects"),
        ("calendar", "csv", "There is a source calendar already"),
        ("docs", "csv", "is there already, and nothing is overwritten"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_written(
    name: str, kind: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path / "team", "acme")
    (tmp_path / "team" / "docs").mkdir()
    before = contents(tmp_path)
    with pytest.raises(UsageError, match=re.escape(told)):
        write(Home(tmp_path / "team", is_checkout=False), name, kind, monkeypatch)
    assert contents(tmp_path) == before


def test_what_cannot_be_written_to_its_end_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    renamed: list[Path] = []

    def rename(path: Path, target: Path) -> Path:
        if renamed:
            raise OSError(28, "No space left on device", str(target))
        renamed.append(target)
        return path.replace(target)

    monkeypatch.setattr(Path, "rename", rename)
    files = {tmp_path / "one" / "a.py": "a", tmp_path / "one" / "within" / "b.py": "b", tmp_path / "two.py": "c"}
    with pytest.raises(UsageError, match=r"two\.py cannot be written: No space left on device; nothing was"):
        put_all(files)
    assert contents(tmp_path) == {}
    monkeypatch.undo()
    put_all(files)
    assert set(contents(tmp_path)) == {"one/a.py", "one/within/b.py", "two.py"}


def test_the_form_says_what_is_wrong_and_keeps_what_is_right_with_who_entered_it(database_url: str) -> None:
    app = create_app(database_url)

    async def by_somebody(scope: Scope, receive: Receive, send: Send) -> None:
        await app(with_principal(scope, Principal("somebody")), receive, send)

    client = TestClient(by_somebody)
    assert 'name="label"' in client.get("/").text
    refused = client.post("/", data={"label": "<b>", "amount": "much"})
    assert (refused.status_code, "Write a number" in refused.text, "&lt;b&gt;" in refused.text) == (422, True, True)
    assert "It is entered." in client.post("/", data={"label": "<b>", "amount": "2.50"}).text
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT entry_id, entered_by, details FROM example.log").fetchall()
    assert rows == [(1, "somebody", {"label": "<b>", "amount": "2.50"})]


@pytest.mark.browser
def test_the_form_is_for_everybody_also_where_it_tells_what_is_wrong(
    database_url: str, browser: sync_api.Browser
) -> None:
    page = browser.new_page()
    with TestClient(create_app(database_url)) as client:
        for html in (client.get("/").text, client.post("/", data={"amount": "much"}).text):
            page.set_content(html)
            assert faults(page) == []
    page.close()


def contents(folder: Path) -> dict[str, str]:
    return {str(one.relative_to(folder)): one.read_text() for one in folder.rglob("*") if one.is_file()}
