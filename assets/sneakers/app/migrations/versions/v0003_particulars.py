"""Currency, size, note and photo of a pair, the photos themselves, and files that are about to be brought in.

What was recorded before has none of them, and stays as it is.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

PAIRS = """
ALTER TABLE sneakers.sneakers ADD COLUMN currency text;
ALTER TABLE sneakers.sneakers ADD COLUMN size text;
ALTER TABLE sneakers.sneakers ADD COLUMN note text;
ALTER TABLE sneakers.sneakers ADD COLUMN photo text;
ALTER TABLE sneakers.sneakers ADD CONSTRAINT sneakers_currency_check CHECK (currency ~ '^[A-Z]{3}$');
"""
PHOTOS = """
CREATE TABLE sneakers.photos (
    sha256 text NOT NULL,
    image bytea NOT NULL,
    thumbnail bytea NOT NULL,
    PRIMARY KEY (sha256)
);
"""
UPLOADS = """
CREATE TABLE sneakers.uploads (
    upload_id uuid NOT NULL,
    uploaded_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    zone text NOT NULL,
    names text[] NOT NULL,
    contents bytea[] NOT NULL,
    PRIMARY KEY (upload_id)
);
"""


def upgrade() -> None:
    """Add them."""
    for statements in (PAIRS, PHOTOS, UPLOADS):
        op.execute(statements)


def downgrade() -> None:
    """Refuse: photos would be lost."""
    raise NotImplementedError("What pairs look like is not forgotten again.")
