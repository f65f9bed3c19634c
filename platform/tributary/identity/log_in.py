"""Logging in with a name and a password, tried only so often."""

from __future__ import annotations

import asyncio

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import Engine

from tributary.identity.passwords import matches
from tributary.identity.principal import Principal
from tributary.identity.users import LONGEST, find_user

PER_NAME_AND_ADDRESS = RateLimitItemPerMinute(5)
PER_ADDRESS = RateLimitItemPerMinute(30)
PER_NAME = RateLimitItemPerMinute(60)
"""Tries a minute. Of a name from everywhere so many that nobody is easily locked out by others, and a password of
twelve characters is not found."""

_AT_ONCE = 2


class Throttled(Exception):
    """Too many tries: the next is looked at in a minute."""


class PasswordLogIn:
    """Checks passwords, in one process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def principal(self, name: str, password: str, address: str) -> Principal | None:
        """Who logs in; None where name and password do not belong together.

        Raises:
            Throttled: it was tried too often; nothing was compared.
        """
        tries = (
            (PER_ADDRESS, ("address", address)),
            (PER_NAME_AND_ADDRESS, ("pair", name[:64], address)),
            (PER_NAME, ("name", name[:64])),
        )
        # A try counts before it is looked at, so that many at once gain nothing.
        if not all(self._limiter.hit(limit, *key) for limit, key in tries):
            raise Throttled
        async with self._turns:
            return await asyncio.to_thread(self._compared, name, password)

    def _compared(self, name: str, password: str) -> Principal | None:
        found = None if "\0" in name else find_user(self._engine, name)
        matched = matches(password[:LONGEST], found[1] if found else None)
        return found[0] if found and matched else None
