"""Keys that sign: given by the settings, or made once and kept beside the other local state."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from tributary.resources.settings import Settings

_BYTES = 32


def session_secret(settings: Settings) -> str:
    """The key that signs sessions and forms."""
    if settings.web_secret is not None:
        return settings.web_secret.get_secret_value()
    return kept_secret(settings.home / "web-secret")


def kept_secret(path: Path) -> str:
    """The key in the file `path`, made where it is missing; the same for all processes of one home."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    return path.read_text().strip()


def _make(path: Path) -> None:
    """Written aside and linked, so that of two processes that start at once both read one whole key."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(aside)
    except FileExistsError:
        return
    finally:
        aside.unlink()
