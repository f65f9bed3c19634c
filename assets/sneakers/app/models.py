"""The tables of the form app as SQLAlchemy sees them; `migrations` makes them, and a test holds the two together.

`sneaker_events` is the truth. `sneakers` and `manufacturers` are what its events come to, kept for the pages: always
what a replay of the events gives. Only `service` writes to any of them.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tributary.assets.sneakers.app.events import BRANDS, Event, EventType

SCHEMA = "sneakers"
"""The schema of the form app in the database `app`."""

_Id = sa.BigInteger()
_Time = sa.DateTime(timezone=True)
_Price = sa.Numeric(10, 2)
_TYPES = ", ".join(f"'{kind}'" for kind in EventType)
_BRAND_TYPES = ", ".join(f"'{kind}'" for kind in BRANDS)


class Base(DeclarativeBase):
    """All tables of the form app."""

    metadata = sa.MetaData(
        schema=SCHEMA,
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_name)s_fkey",
            "uq": "%(table_name)s_%(column_0_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
        },
    )


class Manufacturer(Base):
    """A brand; with a collaborator where it made the pair together with somebody."""

    __tablename__ = "manufacturers"

    manufacturer_id: Mapped[int] = mapped_column(_Id, sa.Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text)
    collaborator: Mapped[str | None] = mapped_column(sa.Text)

    @property
    def label(self) -> str:
        """How lists name it."""
        return brand_label(self.name, self.collaborator)


sa.Index(
    "manufacturers_name_collaborator_key",
    sa.func.lower(Manufacturer.name),
    sa.func.lower(sa.func.coalesce(Manufacturer.collaborator, sa.text("''"))),
    unique=True,
)


class Sneaker(Base):
    """A pair. Purchase and removal are days; their timestamps say from when they count (`values.moment_of`)."""

    __tablename__ = "sneakers"
    __table_args__ = (
        sa.CheckConstraint("purchase_price >= 0", name="purchase_price"),
        sa.CheckConstraint("sale_price >= 0", name="sale_price"),
        sa.CheckConstraint("(sold_at IS NULL) = (sale_price IS NULL)", name="sale_is_whole"),
        sa.CheckConstraint("num_nonnulls(sold_at, trashed_at, given_at) <= 1", name="left_once"),
        sa.CheckConstraint("num_nonnulls(sold_at, trashed_at, given_at) = num_nonnulls(left_on)", name="left_on"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        sa.Index("sneakers_manufacturer_id_idx", "manufacturer_id"),
    )

    sneaker_id: Mapped[int] = mapped_column(_Id, sa.Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text)
    color: Mapped[str] = mapped_column(sa.Text)
    material: Mapped[str] = mapped_column(sa.Text)
    purchase_price: Mapped[Decimal] = mapped_column(_Price)
    purchased_on: Mapped[date] = mapped_column(sa.Date)
    manufacturer_id: Mapped[int] = mapped_column(_Id, sa.ForeignKey(Manufacturer.manufacturer_id))
    created_at: Mapped[datetime] = mapped_column(_Time)
    sold_at: Mapped[datetime | None] = mapped_column(_Time)
    sale_price: Mapped[Decimal | None] = mapped_column(_Price)
    trashed_at: Mapped[datetime | None] = mapped_column(_Time)
    given_at: Mapped[datetime | None] = mapped_column(_Time)
    left_on: Mapped[date | None] = mapped_column(sa.Date)
    currency: Mapped[str | None] = mapped_column(sa.Text)
    size: Mapped[str | None] = mapped_column(sa.Text)
    note: Mapped[str | None] = mapped_column(sa.Text)
    photo: Mapped[str | None] = mapped_column(sa.Text)


class SneakerEvent(Base):
    """An event; never changed or deleted (a trigger refuses it). What `details` hold is in `events`.

    `sneaker_id` has no foreign key: a pair whose purchase is undone leaves `sneakers`, and its events stay.
    """

    __tablename__ = "sneaker_events"
    __table_args__ = (
        sa.CheckConstraint(f"type IN ({_TYPES})", name="type"),
        sa.CheckConstraint(
            f"CASE WHEN type = 'undone' THEN true ELSE (type IN ({_BRAND_TYPES})) = (sneaker_id IS NULL) END",
            name="subject",
        ),
        sa.CheckConstraint("(type IN ('edited', 'undone')) = (target_event_id IS NOT NULL)", name="target"),
        sa.Index("sneaker_events_txid_event_id_idx", "txid", "event_id"),
        sa.Index("sneaker_events_sneaker_id_idx", "sneaker_id", "event_id"),
        sa.Index(
            "sneaker_events_target_event_id_idx",
            "target_event_id",
            postgresql_where=sa.text("target_event_id IS NOT NULL"),
        ),
        sa.Index(
            "sneaker_events_undone_idx", "target_event_id", unique=True, postgresql_where=sa.text("type = 'undone'")
        ),
    )

    event_id: Mapped[int] = mapped_column(_Id, sa.Identity(always=True), primary_key=True)
    type: Mapped[str] = mapped_column(sa.Text)
    sneaker_id: Mapped[int | None] = mapped_column(_Id)
    event_date: Mapped[date] = mapped_column(sa.Date)
    event_time: Mapped[datetime] = mapped_column(_Time)
    recorded_at: Mapped[datetime] = mapped_column(_Time, server_default=sa.func.clock_timestamp())
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    target_event_id: Mapped[int | None] = mapped_column(
        _Id, sa.Computed("((details ->> 'target_event_id')::bigint)", persisted=True)
    )
    request_token: Mapped[uuid.UUID] = mapped_column(sa.Uuid, unique=True)
    request_digest: Mapped[str] = mapped_column(sa.Text)
    # Readers that take events up to pg_snapshot_xmin of their snapshot, in the order (txid, event_id), miss no event
    # of a transaction that commits late; event_id alone would let them.
    txid: Mapped[int] = mapped_column(_Id, server_default=sa.text("((pg_current_xact_id())::text)::bigint"))

    @property
    def event(self) -> Event:
        """The event without what the storage adds."""
        return Event(
            self.event_id,
            EventType(self.type),
            self.sneaker_id,
            self.event_date,
            self.event_time,
            self.recorded_at,
            self.details,
        )


class Photo(Base):
    """An image of a pair as it is served, by the SHA-256 of its bytes; never changed. Both are JPEG (`photos`)."""

    __tablename__ = "photos"

    sha256: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    image: Mapped[bytes] = mapped_column(sa.LargeBinary)
    thumbnail: Mapped[bytes] = mapped_column(sa.LargeBinary)


class Upload(Base):
    """A file, or several, that somebody is about to bring in; kept for a day at most (`imports`)."""

    __tablename__ = "uploads"

    upload_id: Mapped[uuid.UUID] = mapped_column(sa.Uuid, primary_key=True)
    uploaded_at: Mapped[datetime] = mapped_column(_Time, server_default=sa.func.clock_timestamp())
    zone: Mapped[str] = mapped_column(sa.Text)
    names: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.Text))
    contents: Mapped[list[bytes]] = mapped_column(sa.ARRAY(sa.LargeBinary))


def brand_label(name: str, collaborator: str | None) -> str:
    """A brand as people read it: with its collaborator, where there is one."""
    return f"{name} × {collaborator}" if collaborator else name  # noqa: RUF001 - the sign of collaborations
