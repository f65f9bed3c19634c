"""The version of the transformation: it changes with any of its sources, so that a mended rule is applied again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tributary.assets.social import event_types, tables
from tributary.assets.social.settings import SocialSettings
from tributary.resources import segment
from tributary.resources.settings import own_settings


def _digest() -> str:
    digest = hashlib.sha256(own_settings(SocialSettings).first_day.isoformat().encode())
    folders = Path(__file__).parent, Path(segment.__path__[0])
    for path in [
        *(path for folder in folders for path in sorted(folder.glob("*.py"))),
        Path(tables.__file__),
        Path(event_types.__file__),
    ]:
        source = path.read_bytes()
        digest.update(f"{path.name} {len(source)}\n".encode() + source)
    return digest.hexdigest()[:16]


CODE_VERSION = _digest()
"""Digest of this package, of what a message is, of the tables, and of the first day; noted in every receipt."""
