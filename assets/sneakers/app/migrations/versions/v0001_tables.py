"""The three tables, and the trigger that keeps events as they were recorded.

A version is never changed once it was released; the next change is a file beside this one.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

MANUFACTURERS = """
CREATE TABLE sneakers.manufacturers (
    manufacturer_id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    collaborator text,
    PRIMARY KEY (manufacturer_id)
);
CREATE UNIQUE INDEX manufacturers_name_collaborator_key
    ON sneakers.manufacturers (lower(name), lower(coalesce(collaborator, '')));
"""
SNEAKERS = """
CREATE TABLE sneakers.sneakers (
    sneaker_id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    color text NOT NULL,
    material text NOT NULL,
    purchase_price numeric(10, 2) NOT NULL,
    purchased_on date NOT NULL,
    manufacturer_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    sold_at timestamptz,
    sale_price numeric(10, 2),
    trashed_at timestamptz,
    given_at timestamptz,
    PRIMARY KEY (sneaker_id),
    CONSTRAINT sneakers_manufacturer_id_fkey
        FOREIGN KEY (manufacturer_id) REFERENCES sneakers.manufacturers (manufacturer_id),
    CONSTRAINT sneakers_purchase_price_check CHECK (purchase_price >= 0),
    CONSTRAINT sneakers_sale_price_check CHECK (sale_price >= 0),
    CONSTRAINT sneakers_sale_is_whole_check CHECK ((sold_at IS NULL) = (sale_price IS NULL)),
    CONSTRAINT sneakers_left_once_check CHECK (num_nonnulls(sold_at, trashed_at, given_at) <= 1)
);
CREATE INDEX sneakers_manufacturer_id_idx ON sneakers.sneakers (manufacturer_id);
"""
EVENTS = """
CREATE TABLE sneakers.sneaker_events (
    event_id bigint GENERATED ALWAYS AS IDENTITY,
    type text NOT NULL,
    sneaker_id bigint,
    event_time timestamptz NOT NULL,
    recorded_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    details jsonb NOT NULL,
    target_event_id bigint GENERATED ALWAYS AS ((details ->> 'target_event_id')::bigint) STORED,
    request_token uuid NOT NULL,
    request_digest text NOT NULL,
    txid bigint DEFAULT ((pg_current_xact_id())::text)::bigint NOT NULL,
    PRIMARY KEY (event_id),
    CONSTRAINT sneaker_events_request_token_key UNIQUE (request_token),
    CONSTRAINT sneaker_events_type_check CHECK (
        type IN (
            'bought', 'worn', 'walked', 'cleaned', 'sold', 'trashed', 'given', 'edited', 'undone',
            'brand_added', 'brand_edited'
        )
    ),
    CONSTRAINT sneaker_events_subject_check CHECK (
        CASE
            WHEN type = 'undone' THEN true
            ELSE (type IN ('brand_added', 'brand_edited')) = (sneaker_id IS NULL)
        END
    ),
    CONSTRAINT sneaker_events_target_check CHECK ((type IN ('edited', 'undone')) = (target_event_id IS NOT NULL))
);
CREATE INDEX sneaker_events_txid_event_id_idx ON sneakers.sneaker_events (txid, event_id);
CREATE INDEX sneaker_events_sneaker_id_idx ON sneakers.sneaker_events (sneaker_id, event_id);
CREATE INDEX sneaker_events_target_event_id_idx
    ON sneakers.sneaker_events (target_event_id) WHERE target_event_id IS NOT NULL;
CREATE UNIQUE INDEX sneaker_events_undone_idx ON sneakers.sneaker_events (target_event_id) WHERE type = 'undone';
"""
APPEND_ONLY = """
CREATE FUNCTION sneakers.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed or deleted: record an edited or undone event instead'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON sneakers.sneaker_events
    FOR EACH ROW EXECUTE FUNCTION sneakers.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON sneakers.sneaker_events
    FOR EACH STATEMENT EXECUTE FUNCTION sneakers.refuse_change();
"""


def upgrade() -> None:
    """Make the tables."""
    for statements in (MANUFACTURERS, SNEAKERS, EVENTS, APPEND_ONLY):
        op.execute(statements)


def downgrade() -> None:
    """Refuse: this would delete every event."""
    raise NotImplementedError("The first version has nothing before it.")
