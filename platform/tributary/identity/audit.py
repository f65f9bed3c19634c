"""The audit log: who asked for what, when, from where, and what became of it; `tributary audit` shows it.

An entry is written before what it tells of is begun, so that nothing happens without one.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Engine, insert, update

from tributary.identity.tables import audit

Outcome = Literal["allowed", "refused", "failed"]
_LONGEST = 500
_FAILED = 400


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


def _told(text: str) -> str:
    """Text of somebody else's, bounded, without what Postgres does not take."""
    return text.replace("\0", "�")[:_LONGEST].encode("utf-8", "replace").decode()
