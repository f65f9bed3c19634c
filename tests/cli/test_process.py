"""The command line as a process: what it still does when its command is over, and what it leaves to the kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROCESS = """
import atexit, sys, threading, time
from tributary.cli.process import command

class Kept:
    def __del__(self):
        print("taken apart")

def end():
    time.sleep(0.3)
    atexit.register(print, "at exit")
    print("the thread's end")

kept = Kept()
threading.Thread(target=end).start()
sys.argv = ["tributary", *sys.argv[1:]]
command()
"""


def run(tmp_path: Path, code: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TRIBUTARY_HOME": str(tmp_path)}
    arguments = [sys.executable, "-c", code, *words]
    return subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_what_is_to_be_done_at_exit_is_done_and_nothing_is_taken_apart(tmp_path: Path) -> None:
    done = run(tmp_path, PROCESS, "--version")
    version, *after = done.stdout.splitlines()
    assert version.startswith("tributary ")
    assert after == ["the thread's end", "at exit"]
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("words", "code"), [(["completion", "fish"], 0), (["ls", "nothing.such"], 2)])
def test_the_exit_code_is_the_commands(tmp_path: Path, words: list[str], code: int) -> None:
    done = run(tmp_path, PROCESS, *words)
    assert done.returncode == code
    assert ("✗" in done.stderr) is (code != 0)
    assert "taken apart" not in done.stdout


def test_a_failure_that_nobody_explains_is_told_by_python(tmp_path: Path) -> None:
    failing = "from tributary.cli import process\nprocess.main = lambda: {}['missing']\nprocess.command()"
    done = run(tmp_path, failing)
    assert done.returncode == 1
    assert "KeyError: 'missing'" in done.stderr
