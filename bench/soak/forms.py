"""A collector who fills in the sneakers' forms, now and then clicking twice."""

from __future__ import annotations

import asyncio
import random

import httpx

from bench.sneakers_writers import Tally, audit, browser, write
from bench.soak.running import Running
from bench.soak.stream import Stream
from bench.soak.watching import rows, url_of

FORMS = 3
BUYS, TWICE = 0.2, 0.2


class Forms(Stream):
    """A few forms in each part of a day; those that were accepted are in the log once, and the log is in the tables."""

    def __init__(self, port: int, chance: random.Random) -> None:
        self._port, self._chance, self._tally, self._cut_off = port, chance, Tally(), 0

    def part(self, _day: int, _part: float) -> None:
        """Fill in some forms; where the server goes away meanwhile, nothing is known of the form."""
        asyncio.run(self._fill())

    async def _fill(self) -> None:
        async with browser(self._port) as client:
            for _ in range(FORMS):
                chance = self._chance.random
                try:
                    await write(client, self._tally, self._chance, buys=chance() < BUYS, twice=chance() < TWICE)
                except httpx.TransportError:
                    self._cut_off += 1

    def missing(self, running: Running) -> list[str]:
        """Forms that are lost or there twice, pairs whose state is not that of their events, and rows that lack."""
        found, faults = audit(url_of(running, "app"), self._tally.accepted, 0), []
        if found.lost or found.doubled or found.untrue:
            faults.append(
                f"{found.lost} forms are lost, {found.doubled} there twice, {found.untrue} pairs are not as told"
            )
        (logged,) = rows(running, "SELECT count(*) FROM sneakers.sneaker_events", "app")[0]
        (there,) = rows(running, "SELECT count(*) FROM staged.sneaker_events")[0]
        if there != logged:
            faults.append(f"staged.sneaker_events has {there} rows of {logged} events of the log")
        return faults

    def told(self) -> str:
        """How many there were."""
        return f"Forms of the sneakers that were accepted: {len(self._tally.accepted):,}; cut off: {self._cut_off:,}."
