"""The files of one server as tests read them: the Dockerfile's instructions, and a unit's lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tributary.resources.settings import PROJECT_ROOT

SERVER = PROJECT_ROOT / "platform" / "server"


class Instruction(NamedTuple):
    """An instruction of a Dockerfile, of the stage that its last FROM begins."""

    stage: int
    name: str
    text: str


def instructions(file: Path) -> list[Instruction]:
    """The instructions, each on one line; of a form that is enough for ours: no heredocs, no escapes."""
    text = re.sub(r"^\s*#.*\n", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found, stage = [], -1
    for line in text.replace("\\\n", " ").splitlines():
        name, _, rest = line.strip().partition(" ")
        if name:
            stage += name == "FROM"
            found.append(Instruction(stage, name, " ".join(rest.split())))
    return found


def unit(file: Path) -> dict[str, list[str]]:
    """A unit's settings, with the values of each."""
    found: dict[str, list[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found
