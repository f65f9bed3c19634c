"""Alembic's entry: runs versions on the connection that `migrating.migrate` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

given = context.config.attributes
context.configure(
    connection=given["connection"], target_metadata=None, version_table_schema=given["schema"], include_schemas=True
)
with context.begin_transaction():
    context.run_migrations()
