"""The day of an event beside its time, and the day on which a pair left.

Entries stood at noon UTC of their day, so that their day is that of their time. A pair that was recorded to leave
before that noon left when it was recorded: what its row says now is what its events come to.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

# What was told stays as it was told; the day is added to it. A process of the version before may still be writing.
EVENTS = """
ALTER TABLE sneakers.sneaker_events ADD COLUMN event_date date;
ALTER TABLE sneakers.sneaker_events DISABLE TRIGGER append_only;
UPDATE sneakers.sneaker_events SET event_date = (event_time AT TIME ZONE 'UTC')::date;
ALTER TABLE sneakers.sneaker_events ENABLE TRIGGER append_only;
ALTER TABLE sneakers.sneaker_events ALTER COLUMN event_date SET NOT NULL;
CREATE FUNCTION sneakers.give_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.event_date := coalesce(NEW.event_date, (NEW.event_time AT TIME ZONE 'UTC')::date);
    RETURN NEW;
END
$$;
CREATE TRIGGER day_is_given BEFORE INSERT ON sneakers.sneaker_events
    FOR EACH ROW WHEN (NEW.event_date IS NULL) EXECUTE FUNCTION sneakers.give_day();
"""
PAIRS = """
ALTER TABLE sneakers.sneakers ADD COLUMN left_on date;
UPDATE sneakers.sneakers SET left_on = (coalesce(sold_at, trashed_at, given_at) AT TIME ZONE 'UTC')::date;
ALTER TABLE sneakers.sneakers ADD CONSTRAINT sneakers_left_on_check
    CHECK (num_nonnulls(sold_at, trashed_at, given_at) = num_nonnulls(left_on));
WITH told AS (
    SELECT removal.sneaker_id, max(coalesce(edit.recorded_at, removal.recorded_at)) AS at
    FROM sneakers.sneaker_events AS removal
    LEFT JOIN sneakers.sneaker_events AS edit
        ON edit.target_event_id = removal.event_id AND edit.type = 'edited'
        AND edit.details -> 'changes' ->> 'event_time' IS NOT NULL
    WHERE removal.type IN ('sold', 'trashed', 'given')
    GROUP BY removal.sneaker_id
)
UPDATE sneakers.sneakers AS pair
SET sold_at = CASE WHEN pair.sold_at > told.at THEN told.at ELSE pair.sold_at END,
    trashed_at = CASE WHEN pair.trashed_at > told.at THEN told.at ELSE pair.trashed_at END,
    given_at = CASE WHEN pair.given_at > told.at THEN told.at ELSE pair.given_at END
FROM told WHERE told.sneaker_id = pair.sneaker_id AND pair.left_on IS NOT NULL;
"""


def upgrade() -> None:
    """Add the days."""
    op.execute(EVENTS)
    op.execute(PAIRS)


def downgrade() -> None:
    """Refuse: the days of entries in the far east would be lost."""
    raise NotImplementedError("Days are not forgotten again.")
