"""A source whose Python fails, however it does, is told in one sentence and stops no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import Cli
from tests.gateway.conftest import served, stream_of
from tributary.assets.services import Process
from tributary.assets.sources import BUILT_IN, SourceError, find_sources
from tributary.cli.sample import ensure_samples
from tributary.platform import Platform, load_platform
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import Settings
from tributary.services import find_services, load_services, processes_of, standing_in
from tributary.web.app import create_app, policy_of
from tributary.web.mounts import find_mounts

HEAD = """
import sys
import dagster as dg
from tributary.assets.parts import Parts
from tributary.assets.services import Mount, Process, Services
from tributary.assets.source import Source
from tributary.resources.settings import SourceSettings
def fail(*_): raise OSError('no such place')
def leave(*_): sys.exit('stop')
"""
PARTS = {
    "bad_import": "import nothing_of_this_name",
    "bad_exit": "import sys; sys.exit('stop')",
    "bad_syntax": "def x(:",
    "bad_parts": "SOURCE = Source('bad_parts', parts='gone:PARTS')",
    "bad_assets": "PARTS = Parts(assets=['staged.x'])",
    "bad_sensor": "PARTS = Parts(sensors=[\n"
    "dg.SensorDefinition('s', evaluation_fn=fail, required_resource_keys={'gone'})])",
    "bad_resources": "PARTS = Parts(resources=leave)",
    "bad_settings": "class Own(SourceSettings, env_prefix='TRIBUTARY_BAD_SETTINGS_'):\n    key: str",
}
"""Python of sources that fail when they are loaded, by name."""

SERVICES = {
    "bad_processes": "SERVICES = Services(processes=fail)",
    "bad_process": "SERVICES = Services(processes=lambda _: [Process('a/b', 'm')])",
    "no_process": "SERVICES = Services(processes=lambda _: ['python -m m'])",
    "bad_sample": "SERVICES = Services(sample=leave)",
    "no_sample": "SERVICES = Services(sample=lambda *_: 'made')",
    "bad_standin": "SERVICES = Services(standin=fail)",
    "no_standin": "SERVICES = Services(standin=lambda _: None)",
    "bad_mount": "SERVICES = Services(mounts=[Mount('/bad', 'Bad', 'B.', leave, 1)])",
    "no_mount": "SERVICES = Services(mounts=[Mount('/none', 'None', 'N.', lambda *_: 'app', 1)])",
    "ending_mount": "async def end(*_): sys.exit(3)\n"
    "SERVICES = Services(mounts=[Mount('/ends', 'Ends', 'E.', lambda *_: end, 1)])",
    "same_mount": "SERVICES = Services(mounts=[Mount('/dagster', 'D', 'D.', fail, 1)])",
    "no_commands": "SERVICES = Services(commands={'odd': 3})",
    "bad_command": "def bad() -> int: raise OSError('no such place')\nSERVICES = Services(commands={'bad': bad})",
    "odd_command": "def odd() -> int: return 'fine'\nSERVICES = Services(commands={'odd-end': odd})",
}
"""Python of sources whose services fail when they are asked."""


def write(folder: Path, name: str, text: str) -> None:
    own = f", parts='{name}:PARTS'" if "PARTS =" in text else ""
    own += f", services='{name}:SERVICES'" if "SERVICES =" in text else ""
    own += ", settings=Own" if "Own" in text else ""
    record = "" if "SOURCE =" in text else f"SOURCE = Source('{name}'{own})"
    (folder / f"{name}.py").write_text(f"{HEAD}\n{text}\n{record}\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the sources' modules that registers them too, as an installed package does."""
    folder = tmp_path_factory.mktemp("broken")
    for name, text in (PARTS | SERVICES).items():
        write(folder, name, text)
    package = folder / "broken-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    points = "".join(f"{name} = {name}:SOURCE\n" for name in PARTS | SERVICES)
    (package / "entry_points.txt").write_text(f"[tributary.sources]\n{points}")
    return folder


@pytest.fixture
def home(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The sources of this process are the built-in ones and the broken ones."""
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("TRIBUTARY_HOME", str(tmp_path))
    places = {name: (place,) for name, place in BUILT_IN.items()}
    sources = find_sources({**{name: (f"{name}:SOURCE",) for name in PARTS | SERVICES}, **places})
    monkeypatch.setattr("tributary.services.get_sources", lambda: sources)
    monkeypatch.setattr("tributary.platform.get_sources", lambda: sources)
    kept = (find_services, load_services, find_mounts)
    for one in kept:
        one.cache_clear()
    yield Settings(_env_file=None, home=tmp_path)
    for one in kept:
        one.cache_clear()


def sound(platform: Platform) -> None:
    assert platform.parts.keys() >= {*BUILT_IN} - platform.broken.keys()
    keys = {".".join(key.path) for asset in platform.assets for key in asset.keys}
    assert {"raw.json_sneaker_events", "gold.household_summary"} <= keys
    assert {f"raw.{name}" for name in platform.broken} <= keys


def test_sources_that_fail_stop_no_other(home: Settings) -> None:
    platform = load_platform()
    assert platform.broken.keys() == PARTS.keys()
    for name, sentence in platform.broken.items():
        assert sentence.startswith(f"The source {name} cannot be loaded")
        assert "\n" not in sentence
    assert "TRIBUTARY_BAD_SETTINGS_KEY is not set, and there is no default." in platform.broken["bad_settings"]
    sound(platform)
    assert {"lake", "warehouse", "meetup"} <= platform.resources(home).keys()


def test_the_models_of_a_source_that_does_not_work_are_not_made_and_say_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUTARY_HOME", str(tmp_path))
    (tmp_path / "own.env").write_text("TRIBUTARY_MEETUP_PORT=none\n")
    platform = load_platform(
        find_sources({name: (place,) for name, place in BUILT_IN.items()}, (), tmp_path / "own.env")
    )
    assert platform.broken.keys() == {"meetup"}
    assert {key for key, why in platform.refused.items() if why == platform.broken["meetup"]} == {
        key for key, model in platform.models.items() if model.source == "meetup"
    }
    sound(platform)


def test_what_is_due_of_a_source_that_cannot_tell_is_a_sentence() -> None:
    from tributary.assets.parts import Parts

    def due(_resources: object, _everything: bool) -> list[object]:
        raise OSError("no such place")

    platform = load_platform()
    platform = type(platform)(**{**platform.__dict__, "parts": {"x": Parts(due=due)}})  # type: ignore[arg-type]
    with pytest.raises(SourceError, match=r"The source x cannot tell which partitions are due: .*no such place\."):
        platform.dues["x"]({}, True)


def test_processes_and_samples_that_cannot_be_had_stop_no_other(
    home: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    found = processes_of(home, told.append)
    assert {"meetup-simulator", "social-simulator"} == {one.name for one in found if isinstance(one, Process)}
    assert len(told) == 3
    assert told[0] == ("The processes of the source bad_processes failed: bad_processes.py:8: OSError: no such place.")
    wanted = ["bad_sample", "no_sample"]
    assert ensure_samples(home, of=wanted) == 1
    said = [line for line in capfd.readouterr().err.splitlines() if line.startswith("✗")]
    assert [line.split(" failed")[0] for line in said] == [f"✗ The sample of the source {name}" for name in wanted]


def test_stand_ins_that_cannot_be_had_are_told_and_the_command_goes_on(
    home: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with standing_in(home, {"bad_standin", "no_standin", "retail"}):
        pass
    assert [record.getMessage().split(" failed")[0] for record in caplog.records] == [
        f"The stand-in of the source {name}" for name in ("bad_standin", "no_standin")
    ]


def test_web_apps_that_cannot_be_opened_or_end_the_process_stop_no_other(home: Settings, databases: Databases) -> None:
    stream = stream_of(home.home)
    with served(create_app(home, databases, stream), policy_of(home)) as web:
        front = httpx.get(web.url).text
        assert front.count("Could not be opened") == 2
        assert 'href="/sneakers/"' in front
        for path, code in (("/bad/", 503), ("/none/x", 503), ("/ends/", 500), ("/sneakers/", 200), ("/v1/health", 200)):
            assert httpx.get(web.url + path, follow_redirects=True).status_code == code, path
    stream.close()


def test_the_command_line_tells_of_each_and_does_its_work(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(folder))
    checked = cli("check", home=tmp_path, check=False)
    assert checked.returncode == 1
    told = {line.split(" cannot be loaded")[0] for line in checked.stderr.splitlines()}
    assert {f"✗ The source {name}" for name in PARTS} <= told
    assert "✗ The processes of the source bad_processes failed" in checked.stderr
    shown = cli("status", home=tmp_path)
    assert "✗ The source bad_settings cannot be loaded: TRIBUTARY_BAD_SETTINGS_KEY is not set" in shown.stderr
    assert "TRIBUTARY_MEETUP_PORT" in shown.stdout
    assert "import-sneakers" in cli("--help", home=tmp_path).stdout
    for name, reason in (("bad", "OSError: no such place."), ("odd-end", "'fine' is no int.")):
        ended = cli(name, home=tmp_path, check=False)
        assert ended.returncode == 1
        assert ended.stderr.splitlines()[-1].endswith(reason)
    assert "core.dim_date" in cli("materialize", "group:calendar", home=tmp_path).stdout
