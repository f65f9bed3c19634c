"""How the staged tables of the source `meetup` are made of the raw objects: rows of the records, or of their parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from tributary.assets.factory.object_tables import ObjectTable
from tributary.assets.factory.objects import Objects, SourceObject, Span, as_listed
from tributary.assets.factory.reading import Content, DoesNotFit, Reader, Row, read_lines, refuse_cut
from tributary.assets.meetup.arrivals import EVENTS_BY_DAY, GROUPS_BY_DAY, MEETUP_EVENTS, MEETUP_GROUPS, UNDATED_EVENTS
from tributary.assets.meetup.event_rows import event_rows, venues_of
from tributary.assets.meetup.group_rows import group_rows, topics_of
from tributary.assets.meetup.tables import EVENTS, GROUP_TOPICS, GROUPS, LOCAL_DATE, SNAPSHOT_DATE, VENUES
from tributary.assets.meetup.values import Node, record_of
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.table import Table

RowsOf = Callable[[Node, date | None], tuple[Row, list[Row]]]
"""The rows of a record in the object of a day, or of none: its own, and those of its parts."""

PartsOf = Callable[[Node], int]
"""How many parts a record that fits has, counted as Meetup lists them, and not as rows are made of them."""

TWICE = "its id stands in the object already"
Fields = dict[str, tuple[str, ...]]

_GROUPS: Fields = {
    "group_id": ("id",),
    "is_private": ("isPrivate",),
    "join_mode": ("joinMode",),
    "postal_code": ("zip",),
    "founded_at": ("foundedDate",),
    "category_id": ("topicCategory.id",),
    "category": ("topicCategory.name",),
    "members": ("stats.memberCounts.all",),
    "organisers": ("stats.memberCounts.leadership",),
    "rating": ("stats.eventRatings.average", "stats.eventRatings.totalRatings"),
    "ratings": ("stats.eventRatings.totalRatings",),
}
_TOPICS: Fields = {
    "group_id": ("id",),
    "topic_id": ("activeTopics.id",),
    "topic": ("activeTopics.name",),
    "urlkey": ("activeTopics.urlkey",),
}
_EVENTS: Fields = {
    "event_id": ("token",),
    "meetup_id": ("id",),
    "group_id": ("group.id",),
    "group_urlname": ("group.urlname",),
    LOCAL_DATE: ("dateTime",),
    "starts_at": ("dateTime",),
    "local_start": ("dateTime",),
    "utc_offset_minutes": ("dateTime",),
    "ends_at": ("endTime", "dateTime", "duration"),
    "duration_minutes": ("duration",),
    "created_at": ("createdTime",),
    "event_url": ("eventUrl",),
    "event_type": ("eventType",),
    "is_online": ("eventType", "venues.venueType"),
    "is_cancelled": ("status",),
    "max_tickets": ("maxTickets",),
    "fee_amount": ("feeSettings.amount",),
    "fee_currency": ("feeSettings.currency",),
    "fee_required": ("feeSettings.required",),
    "yes_rsvps": ("rsvps.yesCount",),
    "no_rsvps": ("rsvps.noCount",),
    "waitlist": ("rsvps.waitlistCount",),
    "attended": ("rsvps.attendedCount",),
    "no_shows": ("rsvps.noShowCount",),
    "total_rsvps": ("rsvps.totalCount",),
    "series_id": ("series.id",),
    "topic_ids": ("topics.edges.node.id",),
}
_VENUES: Fields = {
    "event_id": ("token",),
    LOCAL_DATE: ("dateTime",),
    "position": ("venues",),
    "venue_id": ("venues.id",),
    "postal_code": ("venues.postalCode",),
    "venue_type": ("venues.venueType",),
    **{name: (f"venues.{name}",) for name in ("name", "address", "city", "state", "country", "lat", "lon")},
}


def _reader(
    rows_of: RowsOf, day_of: Callable[[str], date | None], identity: str, parts_of: PartsOf | None = None
) -> Reader:
    """Reads the records of an object, no two of which share `identity`, or their parts, where those are counted."""

    def read(key: str, data: bytes) -> Content:
        refuse_cut(data)
        day, seen, parts = day_of(key), set(), 0

        def rows(line: bytes, _: int) -> Iterable[Row]:
            nonlocal parts
            record = record_of(line)
            row, found = rows_of(record, day)
            if row[identity] in seen:
                raise DoesNotFit(TWICE)
            seen.add(row[identity])
            if parts_of is None:
                return [row]
            parts += parts_of(record)
            return found

        content = read_lines(data, rows)
        return content if parts_of is None else Content(content.rows, parts)

    return read


def _events(lake: Lake, span: Span | None) -> Iterable[SourceObject]:
    yield from EVENTS_BY_DAY.listed(lake, span)
    # What has no day has no day on which it would be looked at: every run looks at it.
    undated = lake.head(UNDATED_EVENTS)
    if undated is not None:
        yield as_listed(undated)


def _of_groups(table: Table, fields: Fields, parts_of: PartsOf | None = None) -> ObjectTable:
    return _table(
        table,
        MEETUP_GROUPS,
        GROUPS_BY_DAY.together(),
        _reader(group_rows, GROUPS_BY_DAY.day, "group_id", parts_of),
        {SNAPSHOT_DATE: (), **fields},
    )


def _of_events(table: Table, fields: Fields, parts_of: PartsOf | None = None) -> ObjectTable:
    objects = Objects(_events, EVENTS_BY_DAY.partitions, EVENTS_BY_DAY.moment)
    read = _reader(event_rows, EVENTS_BY_DAY.day, "event_id", parts_of)
    return _table(table, MEETUP_EVENTS, objects, read, fields)


def _table(table: Table, raw: str, objects: Objects, read: Reader, fields: Fields) -> ObjectTable:
    return ObjectTable(
        table=table,
        source="meetup",
        upstream=raw,
        objects=objects,
        read=read,
        code_version="2",
        defined_in=str(Path(__file__).with_name("tables.py")),
        # What does not fit is kept with the records, not with their parts.
        rejects=table in (GROUPS, EVENTS),
        fields=fields,
        follows=False,
    )


STAGED = (
    _of_groups(GROUPS, _GROUPS),
    _of_groups(GROUP_TOPICS, _TOPICS, topics_of),
    _of_events(EVENTS, _EVENTS),
    _of_events(VENUES, _VENUES, venues_of),
)
