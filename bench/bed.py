"""Where benchmarks run: a home of their own under `.tributary/bench`, full-size source files, and a running server.

The user's own state is never touched: every setting that says where something is kept is set here. Files are made and
the server is started when a benchmark first asks for them, so that one which needs neither begins at once.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql

from bench.clock import Timing, command, flush_disks
from bench.errors import BenchError
from tributary.assets.retail.settings import retail_folder
from tributary.resources.postgres.binaries import program
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import PREFIX, PROJECT_ROOT, Settings, load_settings

ROOT = PROJECT_ROOT / ".tributary" / "bench"
BARE = "bench_bare"
"""The database that baselines write to."""


class Bed:
    """What a benchmark needs; `repeats` is how often each way is measured, where the benchmark has no better idea.

    `scale` is that of the retail files to be made; None where the settings name a folder that holds them. What is
    started is held in `held` until the end. `hours` are those of the soak.
    """

    def __init__(
        self, root: Path, settings: Settings, repeats: int, scale: float | None, held: ExitStack, hours: float = 0.0
    ) -> None:
        self.root = root
        self.settings = settings
        self.repeats = repeats
        self.hours = hours
        self.scale = 1.0 if scale is None else scale
        self._scale = scale
        self._held = held

    @cached_property
    def files(self) -> Path:
        """The folder of the retail files, made on first use."""
        folder = retail_folder(self.settings)
        _ensure_files(folder, self._scale)
        return folder

    @cached_property
    def databases(self) -> Databases:
        """The server's databases; it is started on first use, and runs until the end."""
        return self._held.enter_context(connect(self.settings))

    @property
    def data(self) -> Path:
        """The server's data folder, by which its processor time is found."""
        return self.settings.postgres_data

    def tributary(self, *arguments: str, **settings: object) -> Timing:
        """Run the command line in a process of its own, on the bench's home unless `settings` say otherwise.

        On another home it starts a server of its own, whose processor time cannot be told when it is gone: then there
        is none in the timing.
        """
        if "home" not in settings:
            self.settle()
        done = command(
            [sys.executable, "-m", "tributary", *arguments],
            self.data,
            cwd=PROJECT_ROOT,
            env=environment(**settings),
        )
        return replace(done, cpu=None) if "home" in settings else done

    def python(self, *arguments: str, **settings: object) -> Timing:
        """Run Python in a process of its own, with some settings of its own."""
        return command([sys.executable, *arguments], self.data, cwd=PROJECT_ROOT, env=environment(**settings))

    def psql(self, script: Path) -> Timing:
        """Run a script by the embedded server's own psql in the baselines' database."""
        words = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script), self.bare_url]
        return command([program("psql"), *words], self.data, cwd=self.root)

    @property
    def bare_url(self) -> str:
        """The baselines' database."""
        return self.database_url(BARE)

    def database_url(self, name: str) -> str:
        """The URL of a database of the server."""
        return self.databases.url("app").replace(f"/{self.databases.name('app')}?", f"/{name}?")

    def empty_database(self, name: str) -> None:
        """Drop and make a database, and let the server finish what it has put off."""
        with psycopg.connect(self.databases.url("app"), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        self.settle()

    def empty_platform(self) -> None:
        """Forget everything that was ingested and materialised; Dagster's own records stay."""
        shutil.rmtree(self.settings.home / "lake", ignore_errors=True)
        self.empty_database(self.databases.name("warehouse"))

    def settle(self) -> None:
        """Have all earlier writes on disk before the next measurement."""
        with psycopg.connect(self.databases.url("app"), autocommit=True) as admin:
            admin.execute("CHECKPOINT")
        flush_disks()


@contextmanager
def open_bed(files: Path | None, scale: float, repeats: int, hours: float = 0.0) -> Iterator[Bed]:
    """Make the bed: settings, retail files at `scale` unless a folder is given, and a server held until the end.

    Samples of other sources are left out, since they are no part of what is measured on the bench's home.

    Raises:
        BenchError: the settings point at a server or lake of somebody's, or the folder lacks files.
    """
    folder = ROOT / f"files-{scale:g}" if files is None else files.resolve()
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        del os.environ[name]
    ROOT.mkdir(parents=True, exist_ok=True)
    # A process that may not keep what it compiled compiles all of the project's modules each time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    home = ROOT / "home"
    own = {
        "home": home,
        "retail_dir": folder,
        "lake_url": home / "lake",
        "social_sample": False,
        "sneakers_sample": False,
    }
    os.environ.update({PREFIX + name.upper(): str(value) for name, value in own.items()})
    settings = load_settings()
    if settings.postgres_url is not None or settings.profile != "local":
        raise BenchError(
            "Benchmarks run on the embedded server only; take TRIBUTARY_POSTGRES_URL out of .env for them."
        )
    if files is not None:
        _ensure_files(folder, None)
    with ExitStack() as held:
        yield Bed(ROOT, settings, repeats, None if files else scale, held, hours)


def environment(**settings: object) -> dict[str, str]:
    """The process's environment with some settings replaced; None takes one out."""
    changed = dict(os.environ)
    for name, value in settings.items():
        changed.pop(PREFIX + name.upper(), None)
        if value is not None:
            changed[PREFIX + name.upper()] = str(value)
    return changed


def _ensure_files(folder: Path, scale: float | None) -> None:
    from tributary.assets.retail.standin import FILES, make_retail_sample

    if scale is not None:
        make_retail_sample(folder, scale)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise BenchError(f"{folder} lacks {', '.join(missing)}; name a folder with all files, or leave --files out.")
