"""Tries to log in, which are counted over processes and restarts; what a provider is told at log-out."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

TRIES = """
CREATE TABLE identity.tries (
    at timestamptz NOT NULL DEFAULT now(),
    name_hash text NOT NULL,
    address text NOT NULL
);
CREATE INDEX tries_at ON identity.tries (at);
ALTER TABLE identity.sessions ADD COLUMN id_token text;
"""


def upgrade() -> None:
    """Add the table and the column."""
    op.execute(TRIES)


def downgrade() -> None:
    """Take them away."""
    op.execute("DROP TABLE identity.tries; ALTER TABLE identity.sessions DROP COLUMN id_token")
