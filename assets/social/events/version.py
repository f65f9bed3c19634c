"""The version of the transformation: it changes with any of its sources, so that a mended rule is applied again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from assets.social import tables


def _digest() -> str:
    digest = hashlib.sha256()
    for path in [*sorted(Path(__file__).parent.glob("*.py")), Path(tables.__file__)]:
        source = path.read_bytes()
        digest.update(f"{path.name} {len(source)}\n".encode() + source)
    return digest.hexdigest()[:16]


CODE_VERSION = _digest()
"""Digest of this package's modules and of the tables' columns; noted in every receipt."""
