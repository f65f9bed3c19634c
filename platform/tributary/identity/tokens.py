"""Random tokens of sessions and keys, and what is kept of them."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32


def new_token() -> str:
    """A token of 256 random bits, which no one can guess."""
    return secrets.token_urlsafe(_BYTES)


def kept(token: str) -> str:
    """What a token is known again by. A slow hash is for what people choose; this cannot be searched for."""
    return hashlib.sha256(token.encode()).hexdigest()
