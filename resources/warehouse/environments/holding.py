"""What an environment holds: its tables, and what is noted of each, in schemas of its own.

`_parts` of an environment holds its records, which are tables like production's of the same names, and beside them what
each table was made from (`made`), which sources' rejected records it replaced (`rejects`), and what was published from
it and is not told to Dagster yet (`promoted`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tributary.resources.warehouse.changes import CHANGES, READERS
from tributary.resources.warehouse.environments.naming import Environment
from tributary.resources.warehouse.ledger import LEDGER
from tributary.resources.warehouse.postgres.records import hidden_schema
from tributary.resources.warehouse.postgres.relations import PARTS, create_missing, ensure_schema
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.quarantine import QUARANTINE
from tributary.resources.warehouse.table import quoted

RECORDS = (LEDGER, CHANGES, READERS, QUARANTINE)
"""The tables of records that an environment has of its own, by production's `schema.table`."""

_HELD = """
SELECT n.nspname || '.' || c.relname AS key FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname ^@ %s AND c.relkind = 'p'
"""

Ranges = tuple[tuple[str, str], ...]
"""First and last keys of ranges of partitions."""


@dataclass(frozen=True)
class Made:
    """What a table of an environment was made from.

    Attributes:
        key: production's `schema.table`.
        code_version: that of its asset.
        inputs: by `schema.name` of each asset that it reads, the version that was there; empty where it had none.
        partitions: the ranges that were made; none where it was made whole.
        at: when it was made last.
    """

    key: str
    code_version: str
    inputs: Mapping[str, str]
    partitions: Ranges
    at: datetime | None = None


def held(session: Session, environment: Environment) -> frozenset[str]:
    """The tables that an environment holds, by production's `schema.table`."""
    prefix = environment.prefix
    rows = session.rows(_HELD, (prefix,))
    return frozenset(row["key"].removeprefix(prefix) for row in rows)


def ensure(session: Session, environment: Environment) -> None:
    """Make the environment's records where they are missing; production's are there. Safe while others do the same."""
    parts, rejects = environment.key(PARTS), environment.key(QUARANTINE.partition(".")[0])
    if session.row("SELECT to_regclass(%s) IS NOT NULL AS there", (f"{parts}.promoted",))["there"]:
        return
    own = [
        f"CREATE TABLE IF NOT EXISTS {environment.key(name)} (LIKE {name} INCLUDING ALL)" for name in sorted(RECORDS)
    ]
    ensure_schema(session, rejects)
    create_missing(
        session,
        f"""
        {hidden_schema(parts)};
        {"; ".join(own)};
        CREATE TABLE IF NOT EXISTS {parts}.rejects (
            table_name text, source text, PRIMARY KEY (table_name, source)
        );
        CREATE TABLE IF NOT EXISTS {parts}.made (
            table_name text PRIMARY KEY, code_version text NOT NULL, inputs jsonb NOT NULL, partitions jsonb NOT NULL,
            made_at timestamptz NOT NULL
        );
        CREATE TABLE IF NOT EXISTS {parts}.promoted (LIKE {parts}.made INCLUDING ALL)
        """,
    )


def read_made(session: Session, environment: Environment, name: str = "made") -> dict[str, Made]:
    """What is noted of the tables that the environment holds, by `schema.table`; or of those `promoted`."""
    table = f"{environment.key(PARTS)}.{name}"
    if not session.row("SELECT to_regclass(%s) IS NOT NULL AS there", (table,))["there"]:
        return {}
    rows = session.rows(f"SELECT * FROM {table} ORDER BY table_name")
    there = held(session, environment) if name == "made" else {row["table_name"] for row in rows}
    return {
        row["table_name"]: Made(
            row["table_name"],
            row["code_version"],
            row["inputs"],
            tuple((first, last) for first, last in row["partitions"]),
            row["made_at"],
        )
        for row in rows
        if row["table_name"] in there
    }


def note_made(session: Session, environment: Environment, made: Made) -> None:
    """Note what a table was made from; ranges are put to those that are there."""
    session.execute(
        f"""
        INSERT INTO {environment.key(PARTS)}.made AS m VALUES (%s, %s, %s::jsonb, %s::jsonb, now())
        ON CONFLICT (table_name) DO UPDATE SET
            code_version = excluded.code_version, made_at = excluded.made_at,
            inputs = CASE WHEN excluded.partitions = '[]' THEN excluded.inputs ELSE m.inputs END,
            partitions = CASE WHEN excluded.partitions = '[]' THEN excluded.partitions
                              ELSE m.partitions || excluded.partitions END
        """,
        (made.key, made.code_version, json.dumps(dict(made.inputs)), json.dumps(made.partitions)),
    )


def note_rejects(session: Session, environment: Environment, table_name: str, sources: Iterable[str]) -> None:
    """Note of which sources the environment replaced the rejected records; the empty name stands for all."""
    session.execute(
        f"INSERT INTO {environment.key(PARTS)}.rejects SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING",
        (table_name, list(sources)),
    )


def forget(session: Session, environment: Environment, keys: Collection[str]) -> None:
    """Take out of the environment's records all that is of these tables, in the caller's transaction."""
    parts, names = environment.key(PARTS), list(keys)
    for name, column in ((LEDGER, "table_name"), (CHANGES, "table_name"), (READERS, "reader")):
        session.execute(f"DELETE FROM {environment.key(name)} WHERE {column} = ANY(%s)", (names,))
    session.execute(f"DELETE FROM {parts}.made WHERE table_name = ANY(%s)", (names,))
    session.execute(
        "DELETE FROM _parts.published_tables WHERE table_name = ANY(%s)", ([environment.key(name) for name in names],)
    )


def schemas_of(session: Session, environment: Environment) -> Sequence[str]:
    """The schemas that begin with the environment's prefix."""
    rows = session.rows("SELECT nspname::text AS name FROM pg_namespace WHERE nspname ^@ %s", (environment.prefix,))
    return sorted(row["name"] for row in rows)


def environments(session: Session) -> list[Environment]:
    """The environments that there are, by name."""
    rows = session.rows("SELECT nspname::text AS name FROM pg_namespace WHERE nspname ~ '^[a-z0-9_]+___parts$'")
    return sorted((Environment(row["name"].removesuffix(f"__{PARTS}")) for row in rows), key=lambda one: one.name)


def quoted_key(key: str) -> str:
    """`schema.table`, checked and quoted."""
    schema, _, name = key.partition(".")
    return f"{quoted(schema)}.{quoted(name)}"
