"""Sources of other packages: found, loaded and chosen without an edit to the project, also where only the wheel is.

The package in `tests/example_source` is installed beside Tributary's wheel, into an environment of its own, and driven
by the command line as its users would.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.answering import begin
from tributary import sdk
from tributary.assets.sources import BUILT_IN, find_sources
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import PROJECT_ROOT, Settings, SettingsError

pytestmark = pytest.mark.xdist_group("own_sources")
EXAMPLE = Path(__file__).with_name("example_source")
TOKEN = "not-to-be-seen"


class Station(BaseHTTPRequestHandler):
    """What the example's source asks: its days, and the readings of one, for whoever has the token."""

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        days: dict[str, list[dict[str, object]]] = self.server.days  # type: ignore[attr-defined]
        known = self.headers["Authorization"] == f"Bearer {TOKEN}"
        body = " ".join(days) if self.path == "/days" else "".join(map(_line, days.get(self.path[6:], [])))
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(body.encode() if known else b"")


def _line(reading: dict[str, object]) -> str:
    return json.dumps(reading) + "\n"


def reading(number: int, day: str, **main: float) -> dict[str, object]:
    return {"id": number, "date": day, "main": main}


class Team:
    """An environment with nothing but the wheel and the example, and a project of a team's own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.bin = folder / "venv" / "bin"
        self.project = folder / "weather"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
        [site] = (folder / "venv").glob("lib/*/site-packages")
        # What Tributary stands on is there already; Tributary itself is not, as a path in such a file brings no others.
        (site / "stands_on.pth").write_text(sysconfig.get_path("purelib") + "\n")
        self.site = site
        self.pip("wheel", "-w", str(folder), str(PROJECT_ROOT))
        self.pip("install", str(next(folder.glob("tributary-*.whl"))), str(EXAMPLE))
        self.tributary("init", "project", str(self.project), "--name", "acme", cwd=folder)

    def pip(self, command: str, *arguments: str) -> None:
        words = ["--python", str(self.bin / "python"), command, "-q", "--no-deps", "--no-index", "--no-build-isolation"]
        done = subprocess.run([sys.executable, "-m", "pip", *words, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def run(self, *words: str, cwd: Path | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TRIBUTARY_", "PYTHON", "COLUMNS"))
        }
        own = {"WEATHER_URL": self.url, "WEATHER_TOKEN": TOKEN, "SOURCES": "weather", **settings}
        environment = kept | {f"TRIBUTARY_{name}": value for name, value in own.items()}
        program = [str(self.bin / words[0]), *words[1:]]
        return subprocess.run(
            program, cwd=cwd or self.project, env=environment, capture_output=True, text=True, timeout=120
        )

    def tributary(self, *words: str, cwd: Path | None = None, code: int = 0, **settings: str) -> str:
        done = self.run("tributary", *words, cwd=cwd, **settings)
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        assert TOKEN not in done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def days() -> dict[str, list[dict[str, object]]]:
    first, second = "2026-01-01", "2026-01-02"
    return {
        first: [reading(1, first, temp=3.5), reading(2, first, temp=7.25)],
        second: [reading(3, second, temp=5.0), reading(4, second)],
    }


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, days: dict[str, list[dict[str, object]]]) -> Iterator[Team]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Station)
    server.days = days  # type: ignore[attr-defined]
    begin(server)
    found = Team(tmp_path_factory.mktemp("team"), f"http://127.0.0.1:{server.server_port}")
    # The server is held, so that no command has to start it.
    with connect(Settings(_env_file=None, home=found.project / ".tributary")):
        yield found
    server.shutdown()


def test_the_wheel_is_one_package_with_all_its_files(team: Team) -> None:
    top = {one.name for one in team.site.iterdir() if not one.name.endswith((".dist-info", ".pth"))}
    assert top == {"acme_weather", "tributary"}
    inside = {
        one.relative_to(team.site).as_posix() for one in (team.site / "tributary").rglob("*") if one.suffix != ".pyc"
    }
    kept = subprocess.run(
        ["git", "ls-files", "assets", "resources", "sql"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    assert {f"tributary/{name}" for name in kept.stdout.split("\n") if name} - inside == set()


def test_a_platform_with_only_the_example_works_from_check_to_replay(team: Team) -> None:
    assert "✓ 7 assets, 2 SQL models" in team.tributary("check")
    made = team.tributary("materialize", "group:weather")
    assert "staged.weather_readings" in made
    assert "gold.weather_summary" in made
    query = "SELECT days, record FROM gold.weather_summary"
    assert team.tributary("query", "--format", "csv", query).split() == ["days,record", "2,5.0"]
    assert "raw.json_weather_readings.main.temp" in team.tributary("lineage", "gold.weather_summary.record")
    rejected = team.tributary(
        "query", "--format", "csv", "SELECT reason FROM quarantine.rejected_rows ORDER BY line_number, raw_text"
    )
    assert rejected.replace('"', "").splitlines()[1:] == [
        "its main.temp is no decimal(4,1)",
        "its main.temp is missing",
    ]
    source = team.site / "acme_weather" / "source.py"
    source.write_text(source.read_text().replace('path="main.temp", required=True', 'path="main.temp"'))
    assert "2 rejected records were read again; 1 are still rejected." in team.tributary("replay")
    held = "SELECT count(*), count(temperature) FROM staged.weather_readings"
    assert team.tributary("query", "--format", "csv", held).split()[1] == "3,2"


def test_a_report_of_the_example_is_asked_without_a_line_of_python(team: Team) -> None:
    assert team.tributary("report", "list").splitlines()[1].split() == [
        "warm_days", "weather", "Warm", "days", "at_least,", "since",
    ]  # fmt: skip
    assert "from -90.0; to 60.0" in team.tributary("report", "show", "warm_days")
    team.tributary("materialize", "+core.fact_weather_day")
    output = team.project / "warm.csv"
    team.tributary("report", "run", "warm_days", "--set", "at_least=4", "--output", str(output))
    assert output.read_text().split() == ["date,highest", "2026-01-02,5.0"]
    held = "SELECT date, highest FROM staged.report_warm_days"
    assert team.tributary("query", "--format", "csv", held).split() == ["date,highest", "2026-01-02,5.0"]
    refused = team.tributary("report", "run", "warm_days", "--set", "at_least=61", "--set", "sinse=x", code=2)
    assert "at_least must be at most 60.0" in refused
    assert "sinse is no parameter of this report; did you mean since?" in refused


def test_status_shows_the_settings_of_the_sources_that_are_on_and_no_secret(team: Team) -> None:
    shown = team.tributary("status")
    assert "TRIBUTARY_WEATHER_URL" in shown
    assert "TRIBUTARY_WEATHER_TOKEN" in shown
    assert "TRIBUTARY_RETAIL_DIR" not in shown
    refused = team.tributary("check", code=1, WEATHER_TOKN="x")
    assert "TRIBUTARY_WEATHER_TOKN is not a setting of Tributary; did you mean TRIBUTARY_WEATHER_TOKEN?" in refused
    assert "TRIBUTARY_WEATHER_URL is 'ftp://x', which cannot be used" in team.tributary(
        "check", code=1, WEATHER_URL="ftp://x"
    )


def test_a_source_that_lacks_a_setting_stops_no_other(team: Team) -> None:
    made = team.tributary("materialize", code=1, WEATHER_TOKEN="")
    assert "cannot tell which partitions are due: The station asks for a token; set TRIBUTARY_WEATHER_TOKEN." in made
    assert "✓ core.dim_date" in made
    made = team.tributary("materialize", code=1, WEATHER_URL="ftp://x")
    assert "The source weather cannot be loaded: TRIBUTARY_WEATHER_URL is 'ftp://x'" in made
    assert "✓ core.dim_date" in made


def test_the_sensor_of_the_example_asks_for_a_day_that_is_new(
    team: Team, days: dict[str, list[dict[str, object]]]
) -> None:
    days["2026-01-03"] = [reading(5, "2026-01-03", temp=1.0)]
    code = """
import dagster as dg
from tributary.definitions import defs, platform
from tributary.resources.settings import get_settings
sensor = defs.get_sensor_def("weather_days")
with dg.DagsterInstance.ephemeral() as instance:
    context = dg.build_sensor_context(
        instance=instance, repository_def=defs.get_repository_def(), resources=platform.resources(get_settings())
    )
    for request in sensor.evaluate_tick(context).run_requests:
        print(request.tags["dagster/partition"], len(request.asset_selection))
"""
    done = team.run("python", "-c", code)
    assert done.stdout.split() == ["2026-01-03", "4"], done.stderr


def test_a_project_that_was_just_written_works_and_has_its_own_source_only(team: Team) -> None:
    team.pip("install", "-e", str(team.project))
    assert "✓ 2 assets, 1 SQL models" in team.tributary("check", SOURCES="")
    made = team.tributary("materialize", SOURCES="")
    assert "gold.acme_working_days" in made
    assert team.tributary("check", cwd=team.folder, code=1).startswith("✗ No project is here")
    assert "is not empty" in team.tributary("init", "project", str(team.project), code=2)
    team.tributary("init", "source", "visits", "--kind", "form", SOURCES="")
    assert "✓ 5 assets, 2 SQL models" in team.tributary("check", SOURCES="")


def test_an_installed_package_adds_its_source_to_the_project_and_a_broken_one_stops_nothing(tmp_path: Path) -> None:
    """Nothing of the project is edited: the package lies on the path, as an installation puts it there."""
    words = ["install", "-q", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "pip", *words, str(EXAMPLE)], check=True, capture_output=True)
    broken = tmp_path / "broken-1.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (broken / "entry_points.txt").write_text("[tributary.sources]\nbroken = nowhere_at_all.source:BROKEN\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "TRIBUTARY_HOME": str(tmp_path / "home")}
    code = """
from tributary.definitions import defs, platform
print({source.name for source in platform.sources} >= {"weather", "retail", "calendar"})
print("gold.weather_summary" in platform.models, "gold.household_summary" in platform.models)
print(*platform.problems)
graph = defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph
print([graph.get(key).description for key in graph.get_all_asset_keys() if key.path == ["raw", "broken"]])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    found = done.stdout.splitlines()
    sentence = (
        "The source broken cannot be loaded from nowhere_at_all.source:BROKEN: ModuleNotFoundError: "
        "No module named 'nowhere_at_all'."
    )
    assert found[:3] == ["True", "True True", sentence]
    assert sentence in found[3]


PLACES = {"a": ("tests.test_own_sources:A",), "calendar": (BUILT_IN["calendar"],)}


@pytest.mark.parametrize(
    ("name", "places", "reason"),
    [
        ("a", ("tests.test_own_sources:NONE",), "AttributeError"),
        ("a", ("tests.test_own_sources:PLACES",), "it is a dict, no Source"),
        ("a", (BUILT_IN["calendar"],), "calls itself calendar"),
        ("a", ("x:A", "y:B"), "there are several, x:A and y:B; keep one"),
        ("Big", ("x:A",), "lower-case letters"),
        ("web", ("x:A",), "TRIBUTARY_WEB_ begins settings of Tributary's own"),
    ],
)
def test_a_source_that_cannot_be_is_told_in_one_sentence_and_the_others_go_on(
    name: str, places: tuple[str, ...], reason: str
) -> None:
    found = find_sources({name: places, "calendar": (BUILT_IN["calendar"],)})
    assert [source.name for source in found] == ["calendar"]
    [told] = found.broken.values()
    assert reason in told
    assert told.count("\n") == 0


def test_what_a_source_needs_is_on_with_it_and_an_unknown_name_is_refused() -> None:
    registered = {name: (place,) for name, place in BUILT_IN.items()}
    assert [source.name for source in find_sources(registered, ["retail"])] == ["calendar", "retail"]
    with pytest.raises(SettingsError, match="TRIBUTARY_SOURCES names weather, which is no source; there are calendar"):
        find_sources(registered, ["weather"])


def test_all_that_the_kit_names_is_there() -> None:
    assert [name for name in sdk.__all__ if not hasattr(sdk, name)] == []
