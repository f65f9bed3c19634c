"""`tributary init source`: writes a source of a kind, with stand-in data, a model and tests, that works as it is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tributary.assets.sources import GROUP, get_sources
from tributary.cli.templating import TEMPLATES, Home, check_name, here, named, put_all, python, told
from tributary.resources.errors import UsageError

KINDS = ("csv", "json-objects", "api", "events", "form")
_SECTION = f'[project.entry-points."{GROUP}"]'


def source(name: str, kind: str) -> int:
    """Write the source and make it known; nothing that is there is overwritten.

    Raises:
        UsageError: the name or the kind cannot be, there is such a source, or the disk refuses; nothing was written.
    """
    check_name(name, "a source")
    if kind not in KINDS:
        raise UsageError(f"{kind!r} is no kind of source; there are {', '.join(KINDS)}.")
    home, sources = here(), get_sources()
    if name in {*(one.name for one in sources), *sources.broken}:
        raise UsageError(f"There is a source {name} already; choose another name.")
    folders = [home.root / one / name for one in (("assets", "sql", "tests") if home.is_checkout else ("",))]
    for folder in folders:
        if folder.exists():
            raise UsageError(f"{folder} is there already, and nothing is overwritten; choose another name.")
    changed = dict(_in_checkout(home.root, name) if home.is_checkout else _in_project(home.root, name))
    put_all(dict(_files(home, name, kind.replace("-", "_"))))
    for path, text in changed.items():
        aside = path.with_name(f".init-{path.name}")
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    where, test = (f"assets/{name}/", f"tests/{name}/") if home.is_checkout else (f"{name}/", f"tests/test_{name}.py")
    own = "; then python -m tests.test_house && python docs/house.py" if home.is_checkout else ""
    told(
        f"The source {name} is in {where}, with stand-in data and a test.",
        f"Look at it: tributary check && tributary test {name} && pytest {test}",
        f"Make it: tributary materialize group:{name} && tributary query 'SELECT * FROM gold.{name}_days'",
        f"Make it yours: the columns in {where}source.py, then {where}standin.py{own}",
    )
    return 0


def _files(home: Home, name: str, kind: str) -> Iterator[tuple[Path, str]]:
    """What there is to write, by path."""
    folder = home.root / ("assets" if home.is_checkout else "") / name
    models = home.root / "sql" / name if home.is_checkout else folder / "models"
    tests = home.root / "tests" / name if home.is_checkout else home.root / "tests"
    for template in sorted((*(TEMPLATES / "common").rglob("*.*"), *(TEMPLATES / kind).glob("*.*"))):
        if template.suffix == ".pyc":  # as an installation leaves it
            continue
        text = template.read_text(encoding="utf-8")
        called = template.name.replace("example", name)
        if template.suffix in (".sql", ".yaml"):
            yield models / template.parent.name / called, named(text, name)
        elif template.suffix == ".html":
            yield folder / called, named(text, name)
        elif template.suffix == ".py":
            place = tests if template.name.startswith("test_") else folder
            yield place / called, python(text, kind, name, home)


def _in_project(root: Path, name: str) -> Iterator[tuple[Path, str]]:
    """The files of a project that name its sources, with this one.

    Raises:
        UsageError: they cannot be read.
    """
    path, env = root / "pyproject.toml", root / ".env"
    text, entry = path.read_text(encoding="utf-8"), f'{name} = "{name}.source:SOURCE"'
    begun = text if _SECTION in text else f"{text.rstrip()}\n\n{_SECTION}\n"
    text = begun.replace(_SECTION, f"{_SECTION}\n{entry}", 1)
    text = re.sub(r"^(packages = \[.*?)(,?)\]$", rf'\1, "{name}"]', text, count=1, flags=re.MULTILINE)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} cannot take the source ({error}): write {entry} below {_SECTION} yourself.") from None
    yield path, text
    settings = env.read_text(encoding="utf-8") if env.is_file() else ""
    on = re.search(r"^TRIBUTARY_SOURCES=(.+)$", settings, re.MULTILINE)
    if on is not None:
        yield env, settings.replace(on[0], f"{on[0].rstrip()},{name}")


def _in_checkout(root: Path, name: str) -> Iterator[tuple[Path, str]]:
    """The files of a checkout that name its sources, with this one."""
    listing, floors = root / "assets" / "sources.py", root / "pyproject.toml"
    text = listing.read_text(encoding="utf-8")
    known, _, rest = text.partition("\n}\n")
    yield listing, f'{known}\n    "{name}": "tributary.assets.{name}.source:SOURCE",\n}}\n{rest}'
    text = floors.read_text(encoding="utf-8")
    yield floors, re.sub(r'^(    "calendar \| .*)",$', rf'\1 | {name}",', text, count=1, flags=re.MULTILINE)
