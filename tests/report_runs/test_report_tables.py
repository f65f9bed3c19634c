"""The tables of the record of requests: made by versions, as the code believes them to be."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from tributary.assets.reporting.record_tables import SCHEMA, metadata, open_tables


def test_tables_are_what_the_code_believes_also_where_some_were_made_before_versions(database_url: str) -> None:
    engine = open_tables(database_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE reports.alembic_version, reports.evaluation"))
        connection.execute(text("ALTER TABLE reports.request DROP COLUMN token"))
        connection.execute(text("ALTER TABLE reports.saved_request DROP COLUMN token"))
    engine.dispose()
    engine = open_tables(database_url)
    options = {
        "include_schemas": True,
        "version_table_schema": SCHEMA,
        "compare_type": True,
        "include_name": lambda name, kind, _: kind != "schema" or name == SCHEMA,
    }
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    engine.dispose()
    # Indexes and what is unique are the versions' alone.
    assert [one for one in found if one[0] not in ("remove_index", "remove_constraint")] == []
