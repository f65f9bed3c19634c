"""The templates of all stages, synthesised once a session as `make synth` does, with cdk-nag looking at them."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infrastructure.templates import Synthesised

MISSING = [name for name in ("aws_cdk", "cdk_nag", "cfnlint") if importlib.util.find_spec(name) is None]


@pytest.fixture(scope="session")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of templates; tests that use it share one process by `xdist_group("infrastructure")`."""
    if MISSING:
        pytest.skip(f"the extra `infrastructure` is not installed ({MISSING[0]} is missing); `make synth` installs it")
    if shutil.which("node") is None:
        pytest.skip("there is no Node, on which CDK runs")
    folder = tmp_path_factory.mktemp("synthesised")
    command = [sys.executable, "-O", "-m", "infrastructure.app", "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return folder


@pytest.fixture(scope="session")
def synthesised(out: Path) -> Synthesised:
    """The templates, by stage."""
    return Synthesised.read(out)
