"""What the launcher knows of its parts, written down for the process that shows it to people."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_FILE = "parts.json"


def write_state(home: Path, down: Mapping[str, bool], processes: Mapping[str, int] | None = None) -> None:
    """Note which parts are down, and the process of each that has one, in one step.

    A disk that takes nothing is no reason to stop looking after them.
    """
    path = home / "run" / _FILE
    aside = path.with_name(f".{_FILE}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside.write_text(json.dumps({"down": dict(down), "processes": dict(processes or {})}))
        aside.replace(path)


def parts_down(home: Path) -> list[str]:
    """The parts that were down at the last look; none where no launcher has written."""
    return sorted(name for name, is_down in _noted(home, "down").items() if is_down)


def pids(home: Path) -> Mapping[str, int]:
    """The ids of the launcher's process and of those of its parts; none where no launcher has written."""
    return _noted(home, "processes")


def _noted(home: Path, what: str) -> Mapping[str, Any]:
    try:
        found = json.loads((home / "run" / _FILE).read_text())[what]
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
