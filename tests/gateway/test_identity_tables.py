"""The tables of identity: made by versions, taken over from before there were versions, and trimmed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, make_url, text

from tributary.identity.audit import note, trim
from tributary.identity.sessions import Proof, begin_session, find_session
from tributary.identity.tables import SCHEMA, metadata, open_tables
from tributary.identity.users import add_user, find_user, has_users
from tributary.resources.postgres.migrating import TablesError
from tributary.resources.principal import OWNER, Role


@pytest.fixture
def own(database_url: str) -> Iterator[Engine]:
    """The tables in a database of the test's own."""
    found = open_tables(database_url)
    yield found
    found.dispose()


def differences(engine: Engine) -> list[object]:
    options = {
        "include_schemas": True,
        "version_table_schema": SCHEMA,
        "compare_type": True,
        "compare_server_default": True,
        "include_name": lambda name, kind, _: kind != "schema" or name == SCHEMA,
    }
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_tables_are_what_the_code_believes(own: Engine) -> None:
    assert differences(own) == []


def test_tables_from_before_there_were_versions_are_taken_over(database_url: str) -> None:
    before = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    with before.begin() as connection:
        connection.execute(text("CREATE SCHEMA identity"))
        metadata.create_all(connection)
        connection.execute(text("DROP TABLE identity.tries; ALTER TABLE identity.sessions DROP COLUMN id_token"))
    add_user(before, "ada", "correct horse battery", Role.VIEWER)
    before.dispose()
    engine = open_tables(database_url)
    assert differences(engine) == []
    assert find_user(engine, "ada") is not None
    with engine.begin() as connection:
        connection.execute(text("UPDATE identity.alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(TablesError, match="update the code"):
        open_tables(database_url)


def test_whether_anybody_can_log_in_is_known(own: Engine) -> None:
    assert not has_users(own)
    add_user(own, "ada", "correct horse battery", Role.VIEWER)
    assert has_users(own)


def test_the_audit_log_is_trimmed_as_the_setting_says_and_says_so(own: Engine) -> None:
    for what in ("old", "new"):
        note(own, "ada", what, "/", "", "allowed")
    ended, lasting = (begin_session(own, OWNER, Proof(), timedelta(hours=1), "") for _ in range(2))
    assert ended
    assert lasting
    with own.begin() as connection:
        connection.execute(text("UPDATE identity.audit SET at = now() - interval '31 days' WHERE what = 'old'"))
        aged = "UPDATE identity.sessions SET ends_at = now() - interval '2 days' WHERE token_hash <> :kept"
        kept = connection.execute(text("SELECT token_hash FROM identity.sessions LIMIT 1")).scalar_one()
        connection.execute(text(aged), {"kept": kept})

    def told() -> list[tuple[str, str]]:
        with own.connect() as connection:
            rows = connection.execute(text("SELECT who, what FROM identity.audit ORDER BY id"))
            return [(row.who, row.what) for row in rows]

    assert trim(own, 0) == 0
    assert told() == [("ada", "old"), ("ada", "new")]
    assert trim(own, 30) == 1
    said = "1 entries older than 30 days deleted, as TRIBUTARY_AUDIT_DAYS says"
    assert told() == [("ada", "new"), ("tributary", said)]
    assert trim(own, 30) == 0
    assert len(told()) == 2
    with own.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM identity.sessions")).scalar_one() == 1
    assert sum(find_session(own, token) is not None for token in (ended, lasting)) == 1
