"""The sample's front door: make the set once, and leave a finished one alone.

Only the handling of the folder belongs here: locking, the marker, errors. What the files hold is in `generate`.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tributary.assets.retail.standin.errors import SampleError
from tributary.assets.retail.standin.marker import MARKER, rows_of_current, write_marker
from tributary.assets.retail.standin.sizes import Sizes

DEFAULT_SEED = 20040323


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
    progress: Callable[[str, float], None] | None = None,
) -> SampleReport:
    """Make the eight Complete Journey files in `folder`, invented but realistic, unless they are current already.

    `scale` 1 is the source's size (2.6 M sales, 36.8 M promotion rows). The same scale and seed give the same bytes.
    `progress` is called with a file's name and the part of it that is done, 0 to 1. Existing files of these names are
    replaced, each in one step; a set that was interrupted is made again from the start.

    Raises:
        SampleError: the scale is out of range, the seed is negative, or the folder cannot be written.
    """
    begin = time.perf_counter()
    sizes = Sizes.of_scale(scale)
    if seed < 0:
        raise SampleError(f"The sample's seed is {seed}, which cannot be used: give a whole number from 0 up.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_one_maker(folder):
            rows = rows_of_current(folder, scale, seed)
            made = rows is None
            if rows is None:
                from tributary.assets.retail.standin.generate import write_files

                (folder / MARKER).unlink(missing_ok=True)
                rows = write_files(folder, sizes, seed, progress or _silent)
                write_marker(folder, scale, seed, rows)
    except OSError as error:
        raise SampleError(
            f"The retail sample cannot be written to {folder} ({error.strerror or error}); "
            "make the folder writable, free some space, or name another folder."
        ) from error
    return SampleReport(folder, rows, time.perf_counter() - begin, made)


def _silent(_file: str, _fraction: float) -> None:
    """The progress of a caller who does not ask for it."""


@contextmanager
def _only_one_maker(folder: Path) -> Iterator[None]:
    """Wait until no other process makes a sample in `folder`; the lock goes with the process, even a killed one."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
