"""Proves by the server that no transaction is left which cannot see what another has committed.

Whose sessions are open, and what they call themselves, is no proof: a role sees little of others' sessions. But VACUUM
freezes only what every snapshot in the database sees, and writes down how far that goes: on an empty table it leaves
nothing but that bound, in `pg_class.relfrozenxid`. It counts snapshots of all roles, imported and held by cursors,
prepared transactions, and standbys that send feedback. It needs no privilege but the table's ownership, and it only
ever moves on: what it proves once stays so.
"""

from __future__ import annotations

import time

from tributary.resources.warehouse.postgres.relations import PARTS
from tributary.resources.warehouse.postgres.session import Session

HORIZON = f'"{PARTS}"."horizon"'
DDL = f"""
CREATE TABLE IF NOT EXISTS {HORIZON} ();
COMMENT ON TABLE {HORIZON} IS
    'Always empty: after VACUUM (FREEZE) its relfrozenxid tells which transactions every snapshot sees.'
"""

_OPTIONS = "FREEZE, SKIP_DATABASE_STATS, INDEX_CLEANUP OFF, TRUNCATE FALSE, PROCESS_TOAST FALSE"
_SHORTEST, _LONGEST = 0.002, 0.1


def number_of_transaction(session: Session) -> int:
    """The 64-bit number of the session's transaction, for `everyone_sees` once it has committed."""
    number: int = session.row("SELECT pg_current_xact_id()::text::bigint AS xid")["xid"]
    return number


def everyone_sees(session: Session, transaction: int) -> bool:
    """Whether every snapshot, now and from now on, sees what the committed `transaction` wrote.

    Args:
        transaction: its 64-bit number. The session must not be in a transaction.
    """
    session.execute(f"VACUUM ({_OPTIONS}) {HORIZON}")
    query = f"""
        SELECT age(relfrozenxid) < age((%s::bigint %% 4294967296)::text::xid) AS seen
        FROM pg_class WHERE oid = '{HORIZON}'::regclass
    """
    return bool(session.same_for_all(query, (transaction,))[0]["seen"])


def wait_until_everyone_sees(session: Session, transaction: int, deadline: float) -> bool:
    """Ask again until it is so, or until `deadline` (of `time.monotonic`); asks at least once."""
    pause = _SHORTEST
    while not everyone_sees(session, transaction):
        if time.monotonic() + pause > deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST)
    return True
