"""The marker file `sample.json`: proof that a set of files is complete, and for which scale and seed.

It is written last and removed first, so its presence means that every file beside it is whole. Nothing heavy is
imported here: asking whether a sample is current costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MARKER = "sample.json"
FILES = (
    "product.csv",
    "hh_demographic.csv",
    "campaign_desc.csv",
    "campaign_table.csv",
    "coupon.csv",
    "transaction_data.csv",
    "coupon_redempt.csv",
    "causal_data.csv",
)
"""The files of a set, in the order in which they are made."""
GENERATOR_VERSION = 1
"""Raise it whenever the same scale and seed would give other bytes."""


def sample_is_current(folder: Path, scale: float, seed: int) -> bool:
    """Whether `folder` holds the complete set that this generator makes for `scale` and `seed`."""
    return rows_of_current(folder, scale, seed) is not None


def sample_is_made(folder: Path, scale: float, seed: int) -> bool:
    """Whether `folder` holds a set made for `scale` and `seed`, though somebody may have edited its files since."""
    return _marker_of(folder, scale, seed) is not None and set(sizes_on_disk(folder)) == set(FILES)


def rows_of_current(folder: Path, scale: float, seed: int) -> dict[str, int] | None:
    """The rows of each file of the current set, or None where there is none."""
    found = _marker_of(folder, scale, seed)
    if found is None:
        return None
    rows, sizes = found.get("rows"), found.get("bytes")
    if not isinstance(rows, dict) or sizes != sizes_on_disk(folder):
        return None
    return {name: int(rows[name]) for name in FILES}


def _marker_of(folder: Path, scale: float, seed: int) -> dict[str, Any] | None:
    """What the marker says, where it is that of this scale and seed.

    A marker that cannot be read as one is no proof of anything, so it counts as absent.
    """
    try:
        found: Any = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    if not isinstance(found, dict):
        return None
    asked = {"generator_version": GENERATOR_VERSION, "scale": scale, "seed": seed}
    if any(found.get(key) != value for key, value in asked.items()):
        return None
    return found


def sizes_on_disk(folder: Path) -> dict[str, int]:
    """The size in bytes of each file of the set that is there."""
    return {name: (folder / name).stat().st_size for name in FILES if (folder / name).is_file()}


def write_marker(folder: Path, scale: float, seed: int, rows: Mapping[str, int]) -> None:
    """Declare the set complete."""
    content = {
        "generator_version": GENERATOR_VERSION,
        "scale": scale,
        "seed": seed,
        "rows": dict(rows),
        "bytes": sizes_on_disk(folder),
    }
    partial = folder / f".{MARKER}.partial"
    partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    partial.replace(folder / MARKER)
