"""Which environments there are, and what each holds; without Dagster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from tributary.asset_records import open_records
from tributary.asset_store import get_graph
from tributary.catalogue import get_catalogue
from tributary.environments.differing import version_of
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.environments.holding import environments, held, read_made
from tributary.resources.warehouse.environments.naming import Environment
from tributary.resources.warehouse.environments.session import versions
from tributary.resources.warehouse.postgres import notes
from tributary.resources.warehouse.postgres.session import Session, open_session

if TYPE_CHECKING:
    from tributary.resources.postgres.databases import Databases
    from tributary.resources.settings import Settings

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
        behind: those of them of which something that they read holds other data now.
        unrecorded: tables that were published from it, of which Dagster was not told: `promote` does so.
    """

    name: str
    tables: Sequence[str]
    bytes: int
    at: datetime | None
    behind: Sequence[str]
    unrecorded: Sequence[str]


def every_environment(settings: Settings, databases: Databases) -> list[Listed]:
    """The environments by name."""
    with open_session(databases.url("warehouse"), Origin(asset="environments"), read_only=True) as session:
        found = environments(session)
        outside = _outside(settings) if found else {}
        return [_listed(session, one, outside) for one in found]


def _outside(settings: Settings) -> dict[str, str]:
    """The versions of assets by what Dagster has on record; of tables the warehouse knows better."""
    graph = get_graph()
    with open_records(graph, settings) as records:
        made = records.made
    return {one.key: version_of(made.get(one.key), partitioned=one.partitioned) for one in graph.assets}


def _listed(session: Session, environment: Environment, outside: Mapping[str, str]) -> Listed:
    made = read_made(session, environment)
    inputs = {name for one in made.values() for name in one.inputs}
    views = {one.key: one.reads for one in get_catalogue().tables if one.kind == "view"}
    tables = versions(partial(notes.versions, session), environment, inputs, held(session, environment), views)
    now = {**outside, **{name: version for name, version in tables.items() if version is not None}}
    behind = [
        key
        for key, one in made.items()
        if any(now.get(name, version) != version for name, version in one.inputs.items())
    ]
    return Listed(
        environment.name,
        list(made),
        session.row(_SIZE, (environment.prefix,))["bytes"],
        max((one.at for one in made.values() if one.at is not None), default=None),
        behind,
        list(read_made(session, environment, "promoted")),
    )
