"""Alembic's entry: runs the versions on the connection that `database.migrate` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from tributary.assets.sneakers.app.models import SCHEMA, Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table_schema=SCHEMA,
    include_schemas=True,
)
with context.begin_transaction():
    context.run_migrations()
