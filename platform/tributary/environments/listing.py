"""Which environments there are, and what each holds; without Dagster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.environments.holding import environments, held, read_made
from tributary.resources.warehouse.environments.naming import Environment
from tributary.resources.warehouse.environments.session import versions
from tributary.resources.warehouse.postgres import notes
from tributary.resources.warehouse.postgres.session import Session, open_session

if TYPE_CHECKING:
    from tributary.resources.postgres.databases import Databases

_SIZE = """
SELECT coalesce(sum(pg_total_relation_size(i.inhrelid)), 0)::bigint AS bytes
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_inherits AS i ON i.inhparent = c.oid
WHERE n.nspname ^@ %s
"""


class Listed(msgspec.Struct, frozen=True):
    """An environment.

    Attributes:
        tables: those that it holds, by production's `schema.table`.
        bytes: what they take on disk.
        at: when one was made last; None where it holds none.
        behind: those of them of which a table that they read has other rows now.
        unrecorded: tables that were published from it, of which Dagster was not told: `promote` does so.
    """

    name: str
    tables: Sequence[str]
    bytes: int
    at: datetime | None
    behind: Sequence[str]
    unrecorded: Sequence[str]


def listed(databases: Databases) -> list[Listed]:
    """The environments by name."""
    with open_session(databases.url("warehouse"), Origin(asset="environments"), read_only=True) as session:
        return [_listed(session, one) for one in environments(session)]


def _listed(session: Session, environment: Environment) -> Listed:
    made = read_made(session, environment)
    inputs = {name for one in made.values() for name in one.inputs}
    now = versions(partial(notes.versions, session), environment, inputs, held(session, environment), {})
    behind = [
        key
        for key, one in made.items()
        if any(now[name] is not None and now[name] != version for name, version in one.inputs.items())
    ]
    return Listed(
        environment.name,
        list(made),
        session.row(_SIZE, (environment.prefix,))["bytes"],
        max((one.at for one in made.values() if one.at is not None), default=None),
        behind,
        list(read_made(session, environment, "promoted")),
    )
