"""The steps of the image without a container engine: each RUN of the stage that builds, as another user, elsewhere.

It fetches every package anew, and so takes minutes: `IMAGE_STEPS=1 pytest tests/server/test_image_steps.py`, or
`make image-steps`. The base image and its layers, users and mounts are not looked at here.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ports import free_port
from tests.server.files import SERVER, instructions

from tributary.containers.probe import is_well
from tributary.resources.settings import PROJECT_ROOT

SOMEBODY = pwd.getpwnam("nobody").pw_uid
"""Of those who are not root, one that has a name here, which Postgres asks for."""

PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable

pytestmark = [
    pytest.mark.skipif("IMAGE_STEPS" not in os.environ, reason="takes minutes; `make image-steps` runs it"),
    pytest.mark.timeout(1800),
]


class Stage:
    """A folder in place of the image's root, and commands in it as a user who is not root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = {"/build": folder / "build", "/opt": folder / "opt", "/var/lib/tributary": folder / "home"}
        for one in (*self._names.values(), folder / "bin"):
            one.mkdir()
        (folder / "bin" / "python").symlink_to(PYTHON)

    def copy(self, text: str) -> None:
        """A COPY of the checkout's files; links stay links, as in an image."""
        *sources, target = text.split()
        for source in sources:
            origin, to = PROJECT_ROOT / source, self._names["/build"] / target
            if origin.is_dir():
                shutil.copytree(origin, to, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(origin, self._names["/build"])

    def run(self, command: str) -> str:
        """A command as /bin/sh of the image runs it; its output."""
        done = subprocess.run(
            self.command(command), capture_output=True, text=True, timeout=1200, check=False, **self.where()
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def command(self, text: str) -> list[str]:
        """The command with the image's folders replaced, as another user."""
        for name, folder in self._names.items():
            text = text.replace(name + "/", f"{folder}/").replace(f"{name} ", f"{folder} ")
        owner = ["setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups"] if os.geteuid() == 0 else []
        return [*owner, "/bin/sh", "-c", text]

    def where(self) -> dict[str, object]:
        """The folder and the variables of a command."""
        kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name.endswith("_proxy")}
        path = f"{self.folder / 'opt' / 'tributary' / 'bin'}:{self.folder / 'bin'}:/usr/bin:/bin"
        home = str(self._names["/var/lib/tributary"])
        own = {"PATH": path, "HOME": home, "TRIBUTARY_HOME": home, "TRIBUTARY_PROJECT": home}
        return {"cwd": self._names["/build"], "env": {**kept, **own, "LC_ALL": "C.UTF-8"}}

    def give_away(self) -> None:
        """Let the other user own all of it."""
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, SOMEBODY, SOMEBODY, follow_symlinks=False)


@pytest.fixture
def stage() -> Iterator[Stage]:
    import tempfile

    # A folder of pytest's own is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="tributary-image-"))
    try:
        yield Stage(folder)
    finally:
        shutil.rmtree(folder)


def test_the_steps_of_the_image_give_a_platform_that_is_well(stage: Stage) -> None:
    told = [one for one in instructions(SERVER / "Dockerfile") if one.stage == 0]
    for one in told:
        if one.name == "COPY":
            stage.copy(one.text)
    stage.give_away()
    steps = [one.text for one in told if one.name == "RUN"]
    assert len(steps) == 2
    said = [stage.run(step) for step in steps]
    assert "tributary " in said[-1]
    # Nothing of the checkout is needed any more.
    shutil.rmtree(stage.folder / "build")
    (stage.folder / "build").mkdir(mode=0o777)
    ports = {name: str(free_port()) for name in ("WEB", "DAGSTER", "DASHBOARD")}
    where = stage.where()
    where["env"] |= {f"TRIBUTARY_{name}_PORT": port for name, port in ports.items()}  # type: ignore[operator]
    where["env"] |= {"TRIBUTARY_SAMPLES": "false", "TRIBUTARY_SOURCES": "calendar"}  # type: ignore[operator]
    up = subprocess.Popen(
        stage.command("exec tributary up"),
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **where,
    )  # type: ignore[call-overload]
    try:
        deadline = time.monotonic() + 240
        while not is_well(f"http://127.0.0.1:{ports['WEB']}/v1/health"):
            assert up.poll() is None, up.stdout.read().decode()
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert "core.dim_date" in stage.run("tributary ls core.dim_date --format names")
    finally:
        if up.poll() is None:
            os.killpg(up.pid, signal.SIGTERM)
        up.wait(120)
    assert up.returncode == 0
