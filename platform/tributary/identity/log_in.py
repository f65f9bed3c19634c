"""Logging in with a name and a password, tried only so often: counted in the database, over processes and restarts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import Engine, delete, func, insert, select

from tributary.identity.passwords import matches
from tributary.identity.tables import tries
from tributary.identity.tokens import kept
from tributary.identity.users import LONGEST, find_user
from tributary.resources.principal import Principal

PER_NAME_AND_ADDRESS, PER_ADDRESS, PER_NAME = 5, 30, 60
"""Tries a minute. Of a name from everywhere so many that nobody is easily locked out by others, and a password of
twelve characters is not found."""

_MINUTE = timedelta(minutes=1)
_LOCK = 0x7472696573
_AT_ONCE = 2


class Throttled(Exception):
    """Too many tries: the next is looked at in a minute."""


class PasswordLogIn:
    """Checks passwords."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def known(self, name: str, password: str, address: str) -> tuple[Principal, str] | None:
        """Who logs in, and the hash that their password has; None where name and password do not belong together.

        Raises:
            Throttled: it was tried too often; nothing was compared.
        """
        # A try counts before it is looked at, so that many at once gain nothing.
        if not await asyncio.to_thread(self._counted, kept(name), address):
            raise Throttled
        async with self._turns:
            return await asyncio.to_thread(self._compared, name, password)

    def _counted(self, name: str, address: str) -> bool:
        """Whether one more try is looked at; it counts if so."""
        of_name, from_address = tries.c.name_hash == name, tries.c.address == address
        counted = select(
            func.count().filter(of_name & from_address), func.count().filter(from_address), func.count().filter(of_name)
        )
        with self._engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            connection.execute(delete(tries).where(tries.c.at < func.clock_timestamp() - _MINUTE))
            both, there, everywhere = connection.execute(counted).one()
            if both >= PER_NAME_AND_ADDRESS or there >= PER_ADDRESS or everywhere >= PER_NAME:
                return False
            connection.execute(insert(tries).values(at=func.clock_timestamp(), name_hash=name, address=address))
        return True

    def _compared(self, name: str, password: str) -> tuple[Principal, str] | None:
        found = None if "\0" in name else find_user(self._engine, name)
        matched = matches(password[:LONGEST], found[1] if found else None)
        return found if matched else None
