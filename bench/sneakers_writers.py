"""Browsers that fill in the sneaker forms, and the count of what became of the forms afterwards.

How many of them there are, for how long, and what is a good figure is not said here.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import httpx
from sqlalchemy import select

from tributary.assets.sneakers.app.database import open_engine, open_sessions
from tributary.assets.sneakers.app.models import Sneaker, SneakerEvent
from tributary.assets.sneakers.app.rules import replay
from tributary.assets.sneakers.app.service.rows import events_of, state_of

BUYS = SELLS = CLICKS_TWICE = 0.1
HIDDEN = re.compile(r'<input[^>]*name="(\w+)"[^>]*type="hidden" value="([^"]*)"')
ACCEPTED, REFUSED = 303, 422


@dataclass
class Tally:
    """What the writers saw: the answers by status, seconds of each post, and the tokens by what became of them."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Audit:
    """Forms that went wrong, by how.

    `lost` were accepted and are not there, `doubled` are there more than once, `unasked` are there though refused; of
    `untrue` pairs the state is not what their events amount to.
    """

    lost: int
    doubled: int
    unasked: int
    untrue: int

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.lost or self.doubled or self.unasked or self.untrue)


def browser(port: int) -> httpx.AsyncClient:
    """A client with cookies of its own."""
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/sneakers", timeout=60)


async def one_collector(port: int, posts: int) -> Tally:
    """Every kind of form in turn, one after the other."""
    tally, rng = Tally(), Random(1)  # noqa: S311 - a load, no secret
    async with browser(port) as client:
        for turn in range(posts):
            await write(client, tally, rng, buys=turn % 10 == 0, twice=False)
    return tally


async def bare_posts(port: int, posts: int) -> Tally:
    """Forms of the usual size to whoever takes them, one after the other."""
    tally = Tally()
    values = {"token": "0" * 36, "csrf_token": "0" * 91, "sneaker_id": "1", "event_date": "2026-01-31", "type": "worn"}
    async with browser(port) as client:
        for _ in range(posts):
            await post(client, tally, "/use", values)
    return tally


async def many_writers(port: int, writers: int, seconds: float) -> Tally:
    """Many at once, each with a session of its own; they choose among the same pairs and sell them under each other."""
    tally, end = Tally(), time.monotonic() + seconds

    async def writer(number: int) -> None:
        rng = Random(number)  # noqa: S311 - a load, no secret
        async with browser(port) as client:
            while time.monotonic() < end:
                await write(client, tally, rng, buys=rng.random() < BUYS, twice=rng.random() < CLICKS_TWICE)

    await asyncio.gather(*(writer(number) for number in range(writers)))
    return tally


async def write(client: httpx.AsyncClient, tally: Tally, rng: Random, *, buys: bool, twice: bool) -> None:
    """Open a form and send it, perhaps twice at the same moment."""
    sells = not buys and rng.random() < SELLS
    path = "/sneakers/add" if buys else "/sell" if sells else "/use"
    page = (await client.get(path)).text
    values = dict(HIDDEN.findall(page))
    chosen = re.findall(r'<option value="(\d+)"', page)
    if not chosen:
        return
    today = re.findall(r'max="([0-9-]+)"', page)[0]
    if buys:
        values |= {"manufacturer_id": rng.choice(chosen), "name": f"Pair {rng.random()}", "color": "red"}
        values |= {"material": "suede", "purchase_price": "99.90", "purchased_on": today}
    else:
        values |= {"sneaker_id": rng.choice(chosen), "event_date": today, "sale_price": "50", "type": "worn"}
    await asyncio.gather(*(post(client, tally, path, values) for _ in range(1 + twice)))


async def post(client: httpx.AsyncClient, tally: Tally, path: str, values: dict[str, str]) -> None:
    """Send a form and note what became of it."""
    before = time.perf_counter()
    try:
        answer = await client.post(path, data=values)
    except httpx.TransportError:
        # The server closes connections that idle; whether it got the form is not known, and sending it again is safe.
        answer = await client.post(path, data=values)
    tally.seconds.append(time.perf_counter() - before)
    tally.statuses[answer.status_code] += 1
    if answer.status_code == ACCEPTED:
        tally.accepted.add(values["token"])
    elif answer.status_code == REFUSED:
        tally.refused.add(values["token"])


def audit(url: str, accepted: set[str], made: int) -> Audit:
    """Look for every accepted form in the log, after its first `made` events, and replay every pair."""
    engine = open_engine(url)
    with open_sessions(engine)() as session:
        rows = session.scalars(select(SneakerEvent.request_token).order_by(SneakerEvent.event_id)).all()
        written = Counter(str(token) for token in rows[made:])
        untrue = sum(
            state_of(pair) != replay(events_of(session, pair.sneaker_id)) for pair in session.scalars(select(Sneaker))
        )
    engine.dispose()
    return Audit(
        lost=len(accepted - set(written)),
        doubled=sum(times > 1 for times in written.values()),
        unasked=len(set(written) - accepted),
        untrue=untrue,
    )
