"""Trino's programs: fetched by Maven, verified, and put together once in a folder that all homes share.

Maven is asked by coordinates, so that its own settings say from where. 476 is the last version that is published as
archives.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tributary.resources.trino.errors import TrinoError

VERSION = "476"
_PLUGIN = "maven-dependency-plugin:3.8.1"
_LEFT_OUT = ("net.snowflake_snowflake-jdbc-",)
"""Of the connector: a driver of 82 MB for a catalogue that is none of ours."""


@dataclass(frozen=True)
class Artifact:
    """An archive on Maven Central, and what it must be."""

    name: str
    kind: str
    size: int
    sha256: str

    @property
    def coordinates(self) -> str:
        """As Maven takes them."""
        return f"io.trino:{self.name}:{VERSION}:{self.kind}"

    @property
    def file(self) -> str:
        """The archive's name."""
        return f"{self.name}-{VERSION}.{self.kind}"


SERVER = Artifact(
    "trino-server-core",
    "tar.gz",
    194_358_953,
    "0f388f9967c177ae70a47c099082fc95387f0c3cb96d8000d1d41fc3a5223158",
)
CONNECTOR = Artifact(
    "trino-iceberg",
    "zip",
    345_890_737,
    "99edba5b491ed94d599aeb61e0794272d3569d8b563f3bb8569e8a49daa87b6c",
)


def cache_folder() -> Path:
    """Where programs are kept, outside of any project."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tributary"


def server_folder(own: Path | None, *, fetch: bool = True) -> Path:
    """The folder of a Trino server with its Iceberg connector: `own`, or the one that is kept, fetched where missing.

    Raises:
        TrinoError: the folder holds no such server, or it cannot be fetched, or was not to be.
    """
    if own is not None:
        if not (own / "lib").is_dir() or not (own / "plugin" / "iceberg").is_dir():
            raise TrinoError(
                f"{own} (TRIBUTARY_TRINO_FOLDER) is no Trino server: lib and plugin/iceberg must be in it."
            )
        return own
    kept = cache_folder() / f"trino-{VERSION}"
    if kept.is_dir():
        return kept
    if not fetch:
        raise TrinoError("Trino is not fetched yet: `tributary trino fetch` does it.")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.with_name(f"{kept.name}.lock").open("a") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        if not kept.is_dir():
            _put_together(kept)
    return kept


def _put_together(kept: Path) -> None:
    aside = Path(tempfile.mkdtemp(prefix=f".{kept.name}.", dir=kept.parent))
    try:
        with tarfile.open(_fetched(SERVER, aside)) as archive:
            archive.extractall(aside, filter="data")
        home = aside / f"{SERVER.name}-{VERSION}"
        # Plugins that are there beside the connector take memory and seconds at each start.
        shutil.rmtree(home / "plugin")
        with zipfile.ZipFile(_fetched(CONNECTOR, aside)) as connector:
            wanted = [name for name in connector.namelist() if not Path(name).name.startswith(_LEFT_OUT)]
            connector.extractall(aside, wanted)  # noqa: S202 - likewise
        (home / "plugin").mkdir()
        (aside / f"{CONNECTOR.name}-{VERSION}").rename(home / "plugin" / "iceberg")
        home.rename(kept)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _fetched(artifact: Artifact, folder: Path) -> Path:
    maven = shutil.which("mvn")
    if maven is None:
        raise TrinoError(
            "Trino is fetched by Maven, and there is no mvn on the path: install Maven, or name the folder of a Trino "
            "server in TRIBUTARY_TRINO_FOLDER."
        )
    done = subprocess.run(
        [
            maven, "-q", "-B", f"org.apache.maven.plugins:{_PLUGIN}:copy", f"-Dartifact={artifact.coordinates}",
            f"-DoutputDirectory={folder}",
        ],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    path = folder / artifact.file
    if done.returncode or not path.is_file():
        said = [line for line in done.stdout.splitlines() if "ERROR" in line] or ["no file came of it"]
        raise TrinoError(f"{artifact.coordinates} could not be fetched by Maven: {said[0].strip()[:300]}.")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if path.stat().st_size != artifact.size or digest != artifact.sha256:
        raise TrinoError(
            f"{artifact.coordinates} as Maven fetched it is not what was published (SHA-256 {digest}): remove it from "
            "Maven's local repository, and ask whose it is."
        )
    return path
