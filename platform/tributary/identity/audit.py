"""The audit log: who asked for what, when, from where, and what became of it; `tributary audit` shows it.

An entry is written before what it tells of is begun, so that nothing happens without one.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Literal

from sqlalchemy import Engine, delete, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from tributary.identity.tables import audit, sessions
from tributary.resources.gateway.logs import described

_LOG = logging.getLogger(__name__)
Outcome = Literal["allowed", "refused", "failed"]
_LONGEST = 500
_FAILED = 400
_DAY = 86_400.0
_ENDED = timedelta(days=1)


def note(
    engine: Engine, who: str, what: str, path: str, address: str, outcome: Outcome, status: int | None = None
) -> int:
    """Write an entry; its number."""
    row = {"who": who, "what": what, "path": path, "address": address, "outcome": outcome, "status": status}
    told = {name: _told(value) if isinstance(value, str) else value for name, value in row.items()}
    with engine.begin() as connection:
        return int(connection.execute(insert(audit).values(**told).returning(audit.c.id)).scalar_one())


def complete(engine: Engine, number: int, status: int) -> None:
    """Add the status of the answer; an entry without one says that there was none, whatever was done."""
    changed = {"status": status, **({"outcome": "failed"} if status >= _FAILED else {})}
    with engine.begin() as connection:
        connection.execute(update(audit).where(audit.c.id == number).values(**changed))


def trim(engine: Engine, days: int) -> int:
    """Delete entries older than so many days, which an entry says, and log-ins that ended; how many entries went."""
    with engine.begin() as connection:
        connection.execute(delete(sessions).where(sessions.c.ends_at < func.now() - _ENDED))
        old = delete(audit).where(audit.c.at < func.now() - timedelta(days=days))
        gone = connection.execute(old).rowcount if days else 0
        if gone:
            what = f"{gone} entries older than {days} days deleted, as TRIBUTARY_AUDIT_DAYS says"
            told = {"who": "tributary", "what": what, "path": "", "outcome": "allowed"}
            connection.execute(insert(audit).values(**told))
    return gone


def count_old(engine: Engine, days: int) -> int:
    """How many entries a trimming would delete."""
    query = select(func.count()).select_from(audit).where(audit.c.at < func.now() - timedelta(days=days))
    with engine.begin() as connection:
        return int(connection.execute(query).scalar_one()) if days else 0


async def trim_daily(engine: Engine, days: int) -> None:
    """Trim now and each day, until it is cancelled."""
    while True:
        try:
            await asyncio.to_thread(trim, engine, days)
        except SQLAlchemyError as error:
            _LOG.error("The audit log could not be trimmed:\n%s", described(error))
        await asyncio.sleep(_DAY)


def _told(text: str) -> str:
    """Text of somebody else's, bounded, without what Postgres does not take or a terminal would obey."""
    return "".join(one if one.isprintable() else "�" for one in text[:_LONGEST])
