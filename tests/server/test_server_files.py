"""Units, compose.yaml and Dockerfile of one server: sound by the tools that read them, and closed as they should be."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values
from tests.server.files import SERVER, instructions, unit

from tributary.resources.settings import Settings, variables_of

UNITS = sorted((SERVER / "systemd").glob("*.service"))
MOST_EXPOSED = 2.0
"""systemd's own figure, from 0 (nothing is open) to 10."""

_PLAIN_IMAGE = re.compile(r"[a-z0-9-]+:\d+(\.\d+)+(-[a-z]+)*")
"""An image of Docker Hub's library by its exact version: no other registry, no moving tag."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
HADOLINT = Path(sys.executable).with_name("hadolint")


@needs_systemd
@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_a_unit_is_sound(file: Path, tmp_path: Path) -> None:
    # What it starts must be there to be verified, and is where it is installed alone.
    text = re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", file.read_text(), flags=re.MULTILINE)
    (copy := tmp_path / file.name).write_text(text)
    for other in UNITS:  # of which one may name another
        if other != file:
            (tmp_path / other.name).write_text("[Service]\nExecStart=" + sys.executable)
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr + done.stdout) == (0, "")
    copy.write_text(text.replace("UMask=", "UMosk="))
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert "UMosk" in done.stderr + done.stdout


@needs_systemd
@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_a_unit_is_hardened(file: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", told)
    assert found is not None, told
    assert float(found[1]) <= MOST_EXPOSED, told


@needs_systemd
def test_the_timer_is_of_the_backup_and_comes_each_night(tmp_path: Path) -> None:
    timer = SERVER / "systemd" / "tributary-backup.timer"
    (tmp_path / "tributary-backup.service").write_text("[Service]\nExecStart=" + sys.executable)
    (copy := tmp_path / timer.name).write_text(timer.read_text())
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr + done.stdout) == (0, "")
    (when,) = unit(timer)["OnCalendar"]
    told = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True, check=True).stdout
    assert "*-*-* 02:30:00" in told
    backup = unit(SERVER / "systemd" / "tributary-backup.service")
    assert backup["ExecStart"] == ["/opt/tributary/bin/tributary backup ${BACKUP_TO}"]
    # It would take the shared memory of the Postgres that goes on.
    assert "RemoveIPC" not in backup


def test_the_service_comes_back_and_is_bounded() -> None:
    told = unit(SERVER / "systemd" / "tributary.service")
    assert told["Restart"] == ["on-failure"]
    assert told["MemoryMax"][0].endswith("%")
    assert int(told["MemoryHigh"][0].rstrip("%")) < int(told["MemoryMax"][0].rstrip("%")) <= 95
    assert told["User"] == ["tributary"]
    # Longer than all parts together are given to end.
    assert int(told["TimeoutStopSec"][0]) >= 60
    assert told["ExecStart"] == ["/opt/tributary/bin/tributary up"]


def test_the_example_of_settings_holds(tmp_path: Path) -> None:
    told = dotenv_values(SERVER / "settings.env.example")
    assert told.keys() <= variables_of(Settings)
    values = {name.removeprefix("TRIBUTARY_").lower(): value for name, value in told.items()}
    settings = Settings(_env_file=None, home=tmp_path, **values)  # type: ignore[arg-type]
    assert settings.is_secure
    assert settings.log_in_ways == {"users"}


def composed() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((SERVER / "compose.yaml").read_text())
    return found


def test_compose_is_of_its_specification() -> None:
    """By a parser that is made after the specification, which refuses what is not in it."""
    compose_spec = pytest.importorskip("compose_spec", reason="the extra `infrastructure` is not installed")
    text = (SERVER / "compose.yaml").read_text()
    found = compose_spec.PyCompose.from_yaml(text)
    assert sorted(found.service_names()) == ["postgres", "tributary"]
    with pytest.raises(ValueError, match="restart"):
        compose_spec.PyCompose.from_yaml(text.replace("restart: unless-stopped", "restart: now-and-then"))


def test_containers_can_do_little() -> None:
    services = composed()["services"]
    own = services["tributary"]
    assert own["user"] == "10001:10001"
    assert own["read_only"] is True
    assert own["cap_drop"] == ["ALL"]
    for name, one in services.items():
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert one["restart"] == "unless-stopped", name
        assert {"mem_limit", "pids_limit", "stop_grace_period"} <= one.keys(), name
        assert "privileged" not in one, name
    # Postgres is reached by the platform alone, and the platform by this machine alone.
    assert "ports" not in services["postgres"]
    assert own["ports"] == ["127.0.0.1:8000:8000"]
    assert composed()["networks"]["inside"] == {"internal": True}
    assert services["postgres"]["networks"] == ["inside"]


def test_what_compose_tells_the_platform_holds(tmp_path: Path) -> None:
    told = composed()["services"]["tributary"]["environment"]
    given = {"POSTGRES_PASSWORD": "word", "WRITE_KEY": "key"}

    def put(text: str) -> str:
        return re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda one: given.get(one[1], one[2] or ""), text)

    assert told.keys() <= variables_of(Settings)
    values = {name.removeprefix("TRIBUTARY_").lower(): put(str(value)) for name, value in told.items()}
    settings = Settings(_env_file=None, home=tmp_path, **values)  # type: ignore[arg-type]
    assert settings.postgres_url is not None
    assert settings.postgres_url.get_secret_value() == "postgresql://tributary:word@postgres:5432/postgres"
    # No secret has a value that somebody could leave.
    text = (SERVER / "compose.yaml").read_text()
    assert "${POSTGRES_PASSWORD:?" in text
    assert "${WRITE_KEY:?" in text


def test_images_are_named_by_version_and_by_no_registry() -> None:
    found = [one.text.partition(" AS ")[0] for one in instructions(SERVER / "Dockerfile") if one.name == "FROM"]
    found += [one["image"] for one in composed()["services"].values()]
    assert len(found) == 4
    assert [one for one in found if not _PLAIN_IMAGE.fullmatch(one)] == []


def test_the_image_is_made_in_stages_and_runs_as_nobody_of_note() -> None:
    told = instructions(SERVER / "Dockerfile")
    last = [one for one in told if one.stage == 1]
    assert told[-1].stage == 1
    # No tool that builds, and nothing of the checkout, is in what runs.
    assert [one.text for one in last if one.name == "COPY"] == ["--from=build /opt/tributary /opt/tributary"]
    assert not any("pip" in one.text for one in last if one.name == "RUN")
    (user,) = (one.text for one in told if one.name == "USER")
    assert user == "10001:10001"
    after = [one.name for one in last[[one.name for one in last].index("USER") :]]
    assert "RUN" not in after
    (volumes,) = (one.text for one in last if one.name == "VOLUME")
    assert volumes == '["/var/lib/tributary", "/tmp"]'


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint comes with the extra `infrastructure`")
def test_hadolint_finds_nothing(tmp_path: Path) -> None:
    def linted(file: Path) -> str:
        return subprocess.run([str(HADOLINT), str(file)], capture_output=True, text=True, check=False).stdout

    assert linted(SERVER / "Dockerfile") == ""
    (broken := tmp_path / "Dockerfile").write_text("FROM python\nRUN cd /tmp && pip install dagster\n")
    assert "DL3006" in linted(broken)
