"""The three tables, and the trigger that keeps events as they were recorded.

A version is never changed once it was released; the next change is a file beside this one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

SCHEMA = "sneakers"
TIME = sa.DateTime(timezone=True)
PAIR_TYPES = "'bought', 'worn', 'walked', 'cleaned', 'sold', 'trashed', 'given', 'edited', 'undone'"
BRAND_TYPES = "'brand_added', 'brand_edited'"

APPEND_ONLY = f"""
CREATE FUNCTION {SCHEMA}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed or deleted: record an edited or undone event instead'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {SCHEMA}.sneaker_events
    FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {SCHEMA}.sneaker_events
    FOR EACH STATEMENT EXECUTE FUNCTION {SCHEMA}.refuse_change();
"""


def upgrade() -> None:
    """Make the tables."""
    _manufacturers()
    _sneakers()
    _sneaker_events()
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    """Refuse: this would delete every event."""
    raise NotImplementedError("The first version has nothing before it.")


def _manufacturers() -> None:
    op.create_table(
        "manufacturers",
        sa.Column("manufacturer_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("collaborator", sa.Text),
        schema=SCHEMA,
    )
    op.create_index(
        "manufacturers_name_collaborator_key",
        "manufacturers",
        [sa.text("lower(name)"), sa.text("lower(coalesce(collaborator, ''))")],
        unique=True,
        schema=SCHEMA,
    )


def _sneakers() -> None:
    op.create_table(
        "sneakers",
        sa.Column("sneaker_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("color", sa.Text, nullable=False),
        sa.Column("material", sa.Text, nullable=False),
        sa.Column("purchase_price", sa.Numeric(10, 2), nullable=False),
        sa.Column("purchased_on", sa.Date, nullable=False),
        sa.Column(
            "manufacturer_id",
            sa.BigInteger,
            sa.ForeignKey(f"{SCHEMA}.manufacturers.manufacturer_id", name=op.f("sneakers_manufacturer_id_fkey")),
            nullable=False,
        ),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sold_at", TIME),
        sa.Column("sale_price", sa.Numeric(10, 2)),
        sa.Column("trashed_at", TIME),
        sa.Column("given_at", TIME),
        sa.CheckConstraint("purchase_price >= 0", name=op.f("sneakers_purchase_price_check")),
        sa.CheckConstraint("sale_price >= 0", name=op.f("sneakers_sale_price_check")),
        sa.CheckConstraint("(sold_at IS NULL) = (sale_price IS NULL)", name=op.f("sneakers_sale_is_whole_check")),
        sa.CheckConstraint("num_nonnulls(sold_at, trashed_at, given_at) <= 1", name=op.f("sneakers_left_once_check")),
        schema=SCHEMA,
    )
    op.create_index("sneakers_manufacturer_id_idx", "sneakers", ["manufacturer_id"], schema=SCHEMA)


def _sneaker_events() -> None:
    op.create_table(
        "sneaker_events",
        sa.Column("event_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("sneaker_id", sa.BigInteger),
        sa.Column("event_time", TIME, nullable=False),
        sa.Column("recorded_at", TIME, nullable=False, server_default=sa.func.clock_timestamp()),
        sa.Column("details", JSONB, nullable=False),
        sa.Column(
            "target_event_id",
            sa.BigInteger,
            sa.Computed("((details ->> 'target_event_id')::bigint)", persisted=True),
        ),
        sa.Column("request_token", sa.Uuid, nullable=False),
        sa.Column("request_digest", sa.Text, nullable=False),
        sa.Column(
            "txid", sa.BigInteger, nullable=False, server_default=sa.text("((pg_current_xact_id())::text)::bigint")
        ),
        sa.CheckConstraint(f"type IN ({PAIR_TYPES}, {BRAND_TYPES})", name=op.f("sneaker_events_type_check")),
        sa.CheckConstraint(
            f"CASE WHEN type = 'undone' THEN true ELSE (type IN ({BRAND_TYPES})) = (sneaker_id IS NULL) END",
            name=op.f("sneaker_events_subject_check"),
        ),
        sa.CheckConstraint(
            "(type IN ('edited', 'undone')) = (target_event_id IS NOT NULL)", name=op.f("sneaker_events_target_check")
        ),
        sa.UniqueConstraint("request_token", name=op.f("sneaker_events_request_token_key")),
        schema=SCHEMA,
    )
    op.create_index("sneaker_events_txid_event_id_idx", "sneaker_events", ["txid", "event_id"], schema=SCHEMA)
    op.create_index("sneaker_events_sneaker_id_idx", "sneaker_events", ["sneaker_id", "event_id"], schema=SCHEMA)
    op.create_index(
        "sneaker_events_target_event_id_idx",
        "sneaker_events",
        ["target_event_id"],
        postgresql_where=sa.text("target_event_id IS NOT NULL"),
        schema=SCHEMA,
    )
    op.create_index(
        "sneaker_events_undone_idx",
        "sneaker_events",
        ["target_event_id"],
        unique=True,
        postgresql_where=sa.text("type = 'undone'"),
        schema=SCHEMA,
    )
