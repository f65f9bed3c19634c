"""What one form saves is saved once, however often it is sent."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One that was asked no more may be saved again."""
    op.execute("ALTER TABLE reports.saved_request ADD COLUMN IF NOT EXISTS token text")
    op.execute("CREATE UNIQUE INDEX IF NOT EXISTS saved_once ON reports.saved_request (token) WHERE removed_at IS NULL")


def downgrade() -> None:
    """Refuse: what was asked would be lost."""
    raise NotImplementedError("Requests are not forgotten again.")
