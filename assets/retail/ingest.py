"""Brings a source file into the lake as it is: content-addressed, immutable, with a manifest of the current version.

Objects: `retail/raw/<file stem>/<sha256>.csv` and beside them `retail/raw/<file stem>.json`, the manifest. What the
lines mean is not looked at here.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from resources.errors import TributaryError
from resources.lake.model import Lake

CHUNK = 1 << 20
# A file changed within this time of being read may change again without its modification time showing it.
RACY_NANOSECONDS = 2_000_000_000


class RetailFileError(TributaryError):
    """A source file is missing, or changes while it is read."""


@dataclass(frozen=True)
class Manifest:
    """The version of a source file that the lake holds; `lines` counts newline-ended lines, the header included."""

    file: str
    key: str
    sha256: str
    size: int
    modified_ns: int
    read_ns: int
    lines: int

    def matches(self, size: int, modified_ns: int) -> bool:
        """Whether a file with this size and modification time surely is this version."""
        settled = modified_ns < self.read_ns - RACY_NANOSECONDS
        return settled and (size, modified_ns) == (self.size, self.modified_ns)


def manifest_key(file: str) -> str:
    """Where the manifest of a source file stands in the lake."""
    return f"retail/raw/{Path(file).stem}.json"


def read_manifest(lake: Lake, file: str) -> Manifest | None:
    """The manifest of a source file; None before its first ingestion."""
    if lake.head(manifest_key(file)) is None:
        return None
    return Manifest(**json.loads(lake.get(manifest_key(file))))


def ingest(lake: Lake, path: Path) -> tuple[Manifest, bool]:
    """Bring the file into the lake where this version is not there yet; the manifest, and whether it is new.

    Raises:
        RetailFileError: the file is missing, or changed while it was read.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        raise RetailFileError(
            f"{path.name} is not in the folder {path.parent}; put it there, or unset TRIBUTARY_RETAIL_DIR for a sample."
        ) from None
    known = read_manifest(lake, path.name)
    if known is not None and known.matches(found.st_size, found.st_mtime_ns):
        return known, False
    read_ns = time.time_ns()
    digest, lines = _digest(path)
    key = f"retail/raw/{path.stem}/{digest}{path.suffix}"
    if lake.head(key) is None:
        lake.put(key, _unchanged(path, digest))
    manifest = Manifest(path.name, key, digest, found.st_size, found.st_mtime_ns, read_ns, lines)
    lake.put(manifest_key(path.name), json.dumps(asdict(manifest)).encode())
    return manifest, known is None or known.sha256 != digest


def _digest(path: Path) -> tuple[str, int]:
    digest, lines, last = hashlib.sha256(), 0, b"\n"
    for chunk in _chunks(path):
        digest.update(chunk)
        lines += chunk.count(b"\n")
        last = chunk
    return digest.hexdigest(), lines + (not last.endswith(b"\n"))


def _unchanged(path: Path, expected: str) -> Iterator[bytes]:
    """The file's chunks; an error at their end, where they are not those that were digested."""
    digest = hashlib.sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != expected:
        raise RetailFileError(f"{path.name} changed while it was read; it is taken up again when it has settled.")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
