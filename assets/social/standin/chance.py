"""Where the sample's random numbers come from: one stream for each part, so that parts do not disturb one another."""

from __future__ import annotations

from random import Random
from uuid import UUID


def stream(*names: object) -> Random:
    """Random numbers that follow from `names` alone, on every machine and in every process."""
    return Random("/".join(str(name) for name in names))  # noqa: S311 - invented data, no secret depends on it


def uuid_of(rng: Random) -> str:
    """A version 4 UUID drawn from `rng`."""
    return str(UUID(int=rng.getrandbits(128), version=4))
