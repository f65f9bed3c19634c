"""The sample's front door: make the set once, and leave a finished one alone.

Only the handling of the folder belongs here: locking, the marker, errors. What the files hold is in `generate`. The
marker `sample.json` is written last and removed first, so that its presence means that every file beside it is whole.
Nothing heavy is imported: asking whether a sample is current costs nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tributary.assets.retail.standin.sizes import Sizes
from tributary.resources.errors import TributaryError

DEFAULT_SEED = 20040323
FILES = (
    "product.csv", "hh_demographic.csv", "campaign_desc.csv", "campaign_table.csv", "coupon.csv",
    "transaction_data.csv", "coupon_redempt.csv", "causal_data.csv",
)  # fmt: skip
"""The files of a set, in the order in which they are made."""
GENERATOR_VERSION = 1
"""Raise it whenever the same scale and seed would give other bytes."""
_MARKER = "sample.json"


class SampleError(TributaryError):
    """The retail sample cannot be made as asked for."""


@dataclass(frozen=True)
class SampleReport:
    """What a call of `make_retail_sample` found or made."""

    folder: Path
    rows: Mapping[str, int]
    """Data rows by file name."""
    seconds: float
    made: bool
    """False where the set was current already and nothing was touched."""


def make_retail_sample(
    folder: Path,
    scale: float,
    seed: int = DEFAULT_SEED,
    progress: Callable[[str, float], None] = lambda _file, _part: None,
) -> SampleReport:
    """Make the eight Complete Journey files in `folder`, invented but realistic, unless they are current already.

    `scale` 1 is the source's size (2.6 M sales, 36.8 M promotion rows). The same scale and seed give the same bytes.
    `progress` is called with a file's name and the part of it that is done, 0 to 1. Existing files of these names are
    replaced, each in one step; a set that was interrupted is made again from the start.

    Raises:
        SampleError: the scale is out of range, the seed is negative, or the folder cannot be written.
    """
    begin = time.perf_counter()
    if not 0 < scale <= 1:
        raise SampleError(f"The sample's scale is {scale}, which cannot be used: give a number above 0 and up to 1.")
    if seed < 0:
        raise SampleError(f"The sample's seed is {seed}, which cannot be used: give a whole number from 0 up.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_one_maker(folder):
            found = _marker_of(folder, scale, seed)
            if found is not None and found["bytes"] == _sizes_on_disk(folder):
                return SampleReport(folder, found["rows"], time.perf_counter() - begin, made=False)
            from tributary.assets.retail.standin.generate import write_files

            (folder / _MARKER).unlink(missing_ok=True)
            rows = write_files(folder, Sizes.of_scale(scale), seed, progress)
            _write_marker(folder, _asked(scale, seed) | {"rows": rows, "bytes": _sizes_on_disk(folder)})
    except OSError as error:
        raise SampleError(
            f"The retail sample cannot be written to {folder} ({error.strerror or error}); "
            "make the folder writable, free some space, or name another folder."
        ) from error
    return SampleReport(folder, rows, time.perf_counter() - begin, made=True)


def sample_is_current(folder: Path, scale: float, seed: int) -> bool:
    """Whether `folder` holds the complete set that this generator makes for `scale` and `seed`."""
    found = _marker_of(folder, scale, seed)
    return found is not None and found["bytes"] == _sizes_on_disk(folder)


def sample_is_made(folder: Path, scale: float, seed: int) -> bool:
    """Whether `folder` holds a set made for `scale` and `seed`, though somebody may have edited its files since."""
    return _marker_of(folder, scale, seed) is not None and set(_sizes_on_disk(folder)) == set(FILES)


@contextmanager
def _only_one_maker(folder: Path) -> Iterator[None]:
    """Wait until no other process makes a sample in `folder`; the lock goes with the process, even a killed one."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _asked(scale: float, seed: int) -> dict[str, Any]:
    return {"generator_version": GENERATOR_VERSION, "scale": scale, "seed": seed}


def _marker_of(folder: Path, scale: float, seed: int) -> dict[str, Any] | None:
    """What the marker says, where it is that of this scale and seed; one that cannot be read counts as absent."""
    try:
        found: Any = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    ours = (
        isinstance(found, dict) and {"rows", "bytes"} <= found.keys() and found.items() >= _asked(scale, seed).items()
    )
    return found if ours else None


def _sizes_on_disk(folder: Path) -> dict[str, int]:
    """The size in bytes of each file of the set that is there."""
    return {name: (folder / name).stat().st_size for name in FILES if (folder / name).is_file()}


def _write_marker(folder: Path, content: dict[str, Any]) -> None:
    partial = folder / f".{_MARKER}.partial"
    partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    partial.replace(folder / _MARKER)
