"""Files that `tributary init` writes: templates given a name, put where they belong whole or not at all.

What there is to write is said by the folder `templates`; which command writes what, by `init_source` and `init_model`.
"""

from __future__ import annotations

import ast
import re
import shutil
import sys
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

from rich.markup import escape

from tributary import sdk
from tributary.cli.console import out
from tributary.resources.errors import UsageError
from tributary.resources.places import FOUND, IMPORT_ROOT

TEMPLATES = Path(__file__).with_name("templates")
LONGEST_NAME = 24
"""Characters of a source's name, since the names of its tables begin with it."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_WIDTH = 120
_PORTS = 8450, 500
_MODULE = "tributary.cli.templates."


@dataclass(frozen=True)
class Home:
    """Where what is written goes: the folder of a project, which may be a checkout of Tributary itself."""

    root: Path
    is_checkout: bool


def here() -> Home:
    """The project of the current folder.

    Raises:
        UsageError: there is none.
    """
    if FOUND is None:
        raise UsageError("Here is no project: go to a project's folder, or begin one by `tributary init project`.")
    return Home(FOUND, IMPORT_ROOT.parent == FOUND)


def check_name(name: str, what: str, longest: int = LONGEST_NAME) -> None:
    """Refuse a name that cannot be.

    Raises:
        UsageError: it is none, with what one is.
    """
    if not _NAME.fullmatch(name) or len(name) > longest:
        raise UsageError(
            f"{name!r} is no name of {what}: it has lower-case letters, digits and underscores, begins with a letter, "
            f"and has at most {longest} characters."
        )


def put_all(files: Mapping[Path, str]) -> None:
    """Write files that are not there yet, in folders and names of their own: all of them, or none.

    They are written aside and renamed into place; a folder that is not there yet comes into being with all its files.

    Raises:
        UsageError: something is there already, or the disk refuses; nothing was written.
    """
    places: dict[Path, dict[Path, str]] = {}
    for path, text in files.items():
        place = next(one for one in (path, *path.parents) if one.parent.is_dir())
        if place.exists():
            raise UsageError(f"{place} is there already, and nothing is overwritten; choose another name.")
        places.setdefault(place, {})[path] = text
    done: list[Path] = []
    aside = Path()
    try:
        for place, within in places.items():
            aside = Path(mkdtemp(prefix=".init-", dir=place.parent))
            for path, text in within.items():
                target = aside / "new" / path.relative_to(place)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            (aside / "new").rename(place)
            done.append(place)
            aside.rmdir()
    except OSError as error:
        for place in (*done, aside):
            shutil.rmtree(place, ignore_errors=True) if place.is_dir() else place.unlink(missing_ok=True)
        raise UsageError(f"{error.filename} cannot be written: {error.strerror or error}; nothing was.") from None


def told(done: str, *steps: str) -> None:
    """Say what was written, and in three lines what comes next."""
    out.print(f"[green]✓[/] {escape(done)}", soft_wrap=True)
    for number, step in enumerate(steps, 1):
        out.print(f"{number}. {step}", markup=False, soft_wrap=True)


def named(text: str, name: str) -> str:
    """A template's text with the name in place of `example`, in each way of writing it."""
    camel = "".join(word.capitalize() for word in name.split("_"))
    first = datetime.now(UTC) - timedelta(days=7)
    words = {
        "example": name,
        "Example": camel,
        "EXAMPLE": name.upper(),
        "date(2026, 1, 1)": f"date({first.year}, {first.month}, {first.day})",
        str(_PORTS[0]): str(_PORTS[0] + zlib.crc32(name.encode()) % _PORTS[1]),
    }
    pattern = re.compile("|".join(map(re.escape, words)))
    return pattern.sub(lambda found: words[found[0]], text)


def python(text: str, kind: str, name: str, home: Home) -> str:
    """The Python of a template, with the name, and with its imports as they are to be where it will stand.

    In a checkout of Tributary a source stands below `tributary.sdk`, and so imports what that hands on from where it
    is; elsewhere Tributary is another's package.
    """
    package = f"tributary.assets.{name}" if home.is_checkout else name
    if home.is_checkout:  # where all models stand under `sql`
        text = re.sub(r'^    models=Path\(__file__\)\.with_name\("models"\),\n', "", text, flags=re.MULTILINE)
        if "Path(" not in text:
            text = re.sub(r"(\n\n)from pathlib import Path\n\n|from pathlib import Path\n", r"\1", text)
    text = named(text.replace(f"{_MODULE}{kind}", package), name)
    lines = text.splitlines(keepends=True)
    imports = [node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)]
    last = [node for node in imports if _module(node).startswith((package, "tributary"))]
    if not last:
        return text
    begin, end = last[0].lineno - 1, last[-1].end_lineno or 0
    wanted = [(_module(node), one.name) for node in last for one in node.names]
    if home.is_checkout:
        block = _written(_places()[one] if module == "tributary.sdk" else (module, one) for module, one in wanted)
    else:
        theirs = _written(pair for pair in wanted if pair[0] == "tributary.sdk")
        own = _written(pair for pair in wanted if pair[0] != "tributary.sdk")
        block = "\n".join(filter(None, (theirs, own)))
        before = imports[-len(last) - 1]
        if theirs and _module(before).partition(".")[0] not in sys.stdlib_module_names:
            begin = before.end_lineno or begin  # another's package, too: the blank line between goes
    return "".join(lines[:begin]) + block + "".join(lines[end:])


def _module(node: ast.Import | ast.ImportFrom) -> str:
    return (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name


@lru_cache(maxsize=1)
def _places() -> Mapping[str, tuple[str, str]]:
    """The module from which the sdk has each name that it hands on, and how it imports it."""
    tree = ast.parse(Path(sdk.__file__).read_text(encoding="utf-8"))
    found = [
        (node.module or "", one) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for one in node.names
    ]
    return {one.asname or one.name: (module, ast.unparse(one)) for module, one in found}


def _written(pairs: Iterable[tuple[str, str]]) -> str:
    """Statements that import these names of these modules, as the formatter would have them."""
    by_module: dict[str, list[str]] = {}
    for module, name in pairs:
        by_module.setdefault(module, []).append(name)
    lines = []
    for module, names in sorted(by_module.items()):
        line = f"from {module} import {', '.join(names)}\n"
        parts = "".join(f"    {name},\n" for name in names)
        lines.append(line if len(line) <= _WIDTH else f"from {module} import (\n{parts})\n")
    return "".join(lines)
