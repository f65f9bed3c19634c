"""What the launcher knows of its parts, written down for the process that shows it to people."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_FILE = "parts.json"


def write_state(home: Path, down: Mapping[str, bool]) -> None:
    """Note which parts are down, in one step. A disk that takes nothing is no reason to stop looking after them."""
    path = home / "run" / _FILE
    aside = path.with_name(f".{_FILE}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside.write_text(json.dumps(dict(down)))
        aside.replace(path)


def parts_down(home: Path) -> list[str]:
    """The parts that were down at the last look; none where no launcher has written."""
    try:
        found = json.loads((home / "run" / _FILE).read_text())
    except (OSError, ValueError):
        return []
    return sorted(name for name, is_down in found.items() if is_down)
