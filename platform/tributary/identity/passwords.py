"""Passwords: hashed by Argon2id, and compared in the same time whether there is somebody of that name or not."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# RFC 9106's second recommendation, which is argon2-cffi's default: 64 MiB a hash.
_HASHER = PasswordHasher()


def hashed(password: str) -> str:
    """A password's hash, in the PHC string format."""
    return _HASHER.hash(password)


def matches(password: str, known: str | None) -> bool:
    """Whether a password is the one of a hash; never where there is none."""
    try:
        _HASHER.verify(known or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return known is not None


@lru_cache(maxsize=1)
def _nobodys() -> str:
    """What is compared where there is no such user, so that the time does not tell."""
    return hashed("nobody's")
