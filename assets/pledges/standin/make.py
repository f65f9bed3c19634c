"""Makes the sample's folder: each statement whole or not at all, and a finished sample left alone.

The marker is written last and removed first, so that its presence means that every file beside it is whole.
"""

from __future__ import annotations

import json
from pathlib import Path

from tributary.assets.pledges.files import CONTRACT
from tributary.assets.services import SampleError, Told

FULL = 5_000_000
"""Bills of a sample of scale 1."""

GENERATOR_VERSION = 1
"""Raise it whenever the same number of bills would give other bytes."""

_MARKER = ".sample.json"


def bills_of(scale: float) -> int:
    """The bills of a sample of a scale, at least one."""
    return max(round(FULL * scale), 1)


def sample_is_made(folder: Path, bills: int) -> bool:
    """Whether the folder holds a sample of so many bills, though somebody may have edited its files since."""
    try:
        return bool(json.loads((folder / _MARKER).read_text(encoding="utf-8")) == _asked(bills))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False


def make_sample(folder: Path, bills: int, told: Told = lambda _name, _part: None) -> int:
    """Make the statements of so many bills, in memory that does not grow with them; the number of lines.

    The same number gives the same bytes. What an earlier sample has beyond it becomes a statement without a bill.

    Raises:
        SampleError: the folder cannot be written.
    """
    from tributary.assets.pledges.standin.generate import Plan, statement

    lines = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARKER).unlink(missing_ok=True)
        plan = Plan.of(bills)
        names = plan.names()
        header = ",".join(column.source for column in CONTRACT.columns).encode() + b"\n"
        for done, (name, place) in enumerate(names.items(), start=1):
            count, body = statement(plan, *place)
            _write(folder / name, header + body)
            lines += count
            told("pledges", done / len(names))
        for path in folder.glob("*.csv"):
            if path.name not in names:
                _write(path, header)
        _write(folder / _MARKER, json.dumps(_asked(bills)).encode())
    except OSError as error:
        raise SampleError(
            f"The sample of pledges cannot be written to {folder} ({error.strerror or error}); make the folder "
            "writable, or free some space."
        ) from error
    return lines


def _asked(bills: int) -> dict[str, int]:
    return {"generator_version": GENERATOR_VERSION, "bills": bills}


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name.lstrip('.')}.partial")
    partial.write_bytes(data)
    partial.replace(path)
