"""The staged tables of the source `meetup`, as Meetup's groups and events give them.

What a raw record must hold to become a row of one of them is decided where it is read, not here.
"""

from __future__ import annotations

from tributary.assets.factory.object_tables import SOURCE_OBJECT
from tributary.resources.warehouse.checks import Expression, NotNull, Unique
from tributary.resources.warehouse.table import Column, Deduplication, Table

LOCAL_DATE = "local_date"
SNAPSHOT_DATE = "snapshot_date"

_SOURCE = Column(SOURCE_OBJECT, "text", "Key of the lake object that held it.")
_SNAPSHOT = Column(SNAPSHOT_DATE, "date", "Day (UTC) on which the group was looked at.")

GROUPS = Table(
    schema="staged",
    name="meetup_groups",
    description="Groups as they were on each day on which they were looked at.",
    grain="one row a group and snapshot day",
    columns=(
        Column("group_id", "text", "Meetup's id of the group."),
        _SNAPSHOT,
        Column("urlname", "text", "The group's name in addresses."),
        Column("name", "text", "Name."),
        Column("description", "text", "What the group says of itself; may hold HTML."),
        Column("link", "text", "Its page."),
        Column("status", "text", "Meetup's status of the group, such as ACTIVE."),
        Column("is_private", "boolean", "Whether only members see its events."),
        Column("join_mode", "text", "How one becomes a member."),
        Column("city", "text", "City."),
        Column("state", "text", "State or province, as Meetup has it; often junk outside the USA."),
        Column("country", "text", "Country, as Meetup has it."),
        Column("postal_code", "text", "Postal code, as Meetup has it."),
        Column("lat", "double", "Latitude in degrees; null where unknown."),
        Column("lon", "double", "Longitude in degrees; null where unknown."),
        Column("timezone", "text", "IANA time zone in which the group's days are counted."),
        Column("founded_at", "timestamp", "When it was founded, in UTC."),
        Column("category_id", "text", "Meetup's id of its category."),
        Column("category", "text", "Name of its category."),
        Column("members", "bigint", "Members on that day; null where not told."),
        Column("organisers", "bigint", "Members who lead; null where not told."),
        Column("rating", "double", "Mean rating of its events, 1 to 5; null without ratings."),
        Column("ratings", "bigint", "Ratings behind the mean."),
        _SOURCE,
    ),
    checks=(
        Unique(("group_id", SNAPSHOT_DATE)),
        NotNull(("group_id", SNAPSHOT_DATE, "urlname", "name", "status", SOURCE_OBJECT)),
        Expression("lat between -90 and 90 and lon between -180 and 180", title="on_the_globe", severity="warn"),
    ),
)

GROUP_TOPICS = Table(
    schema="staged",
    name="meetup_group_topics",
    description="The topics that each group had on each day on which it was looked at.",
    grain="one row a group, snapshot day and topic",
    columns=(
        Column("group_id", "text", "Group."),
        _SNAPSHOT,
        Column("topic_id", "text", "Meetup's id of the topic."),
        Column("topic", "text", "Name of the topic."),
        Column("urlkey", "text", "The topic's name in addresses."),
        _SOURCE,
    ),
    checks=(
        Unique(("group_id", SNAPSHOT_DATE, "topic_id")),
        NotNull(("group_id", SNAPSHOT_DATE, "topic_id", "topic", SOURCE_OBJECT)),
    ),
)

EVENTS = Table(
    schema="staged",
    name="meetup_events",
    description="Events of the groups, by the day on which they took place where the group is.",
    grain="one row an event",
    partition_by=LOCAL_DATE,
    columns=(
        Column("event_id", "text", "The event's stable id (Meetup's token)."),
        Column("meetup_id", "text", "Meetup's id of the event, which may change while an event recurs."),
        Column("group_id", "text", "Group that held it."),
        Column("group_urlname", "text", "That group's name in addresses."),
        Column(LOCAL_DATE, "date", "Day on which it began, where the group is."),
        Column("starts_at", "timestamp", "Begin, in UTC."),
        Column("local_start", "timestamp", "Begin, as the clock there showed."),
        Column("utc_offset_minutes", "integer", "That clock less UTC, in minutes."),
        Column("ends_at", "timestamp", "End, in UTC; null where unknown."),
        Column("duration_minutes", "integer", "Length in minutes (Meetup's ISO 8601 duration); null where unknown."),
        Column("created_at", "timestamp", "When it was announced, in UTC; null where not told."),
        Column("title", "text", "Title."),
        Column("description", "text", "What was said of it; may hold HTML."),
        Column("event_url", "text", "Its page."),
        Column("event_type", "text", "PHYSICAL, ONLINE or HYBRID."),
        Column("status", "text", "Meetup's status, such as PAST or CANCELLED."),
        Column("is_online", "boolean", "Whether it took place (also) online."),
        Column("is_cancelled", "boolean", "Whether it was called off."),
        Column("venues", "integer", "Venues named; 0 where none."),
        Column("max_tickets", "integer", "Most attendees allowed; null without a limit (also where Meetup says 0)."),
        Column("fee_amount", "decimal(12,2)", "Fee a head; null where there is none."),
        Column("fee_currency", "text", "Currency of the fee (ISO 4217)."),
        Column("fee_required", "boolean", "Whether the fee must be paid to come; null where there is none."),
        Column("yes_rsvps", "bigint", "Who said yes; null where not told."),
        Column("no_rsvps", "bigint", "Who said no."),
        Column("waitlist", "bigint", "Who waited for a place."),
        Column("attended", "bigint", "Who was counted as present."),
        Column("no_shows", "bigint", "Who said yes and was counted as absent."),
        Column("total_rsvps", "bigint", "All answers."),
        Column("series_id", "text", "Series that it belongs to; null for a single event."),
        Column("topic_ids", "text", "Ids of its topics, sorted, with a comma between; null where none."),
        _SOURCE,
    ),
    checks=(
        Unique(("event_id",)),
        NotNull(("event_id", "group_id", LOCAL_DATE, "starts_at", "title", "status", "is_cancelled", SOURCE_OBJECT)),
        Expression("duration_minutes >= 0", title="no_event_ends_before_it_begins", severity="warn"),
    ),
    # An event that was moved stands in the objects of two days until the old one is pulled again.
    deduplicate=Deduplication(key=("event_id",), order=(LOCAL_DATE,)),
)

VENUES = Table(
    schema="staged",
    name="meetup_venues",
    description="The venues that events named, each time as the event had it.",
    grain="one row an event and venue",
    partition_by=LOCAL_DATE,
    columns=(
        Column("event_id", "text", "Event."),
        Column(LOCAL_DATE, "date", "Day of the event, where the group is."),
        Column("position", "integer", "Place in the event's list of venues, from 1."),
        Column("venue_id", "text", "Meetup's id of the venue."),
        Column("name", "text", "Name; null where not told."),
        Column("address", "text", "Street and number."),
        Column("city", "text", "City."),
        Column("state", "text", "State or province, as Meetup has it; often junk."),
        Column("country", "text", "Country, as Meetup has it."),
        Column("postal_code", "text", "Postal code, as Meetup has it; often junk."),
        Column("lat", "double", "Latitude in degrees; null where unknown or no place on earth."),
        Column("lon", "double", "Longitude in degrees; null where unknown or no place on earth."),
        Column(
            "venue_type",
            "text",
            "Meetup's kind of the venue; `online` for no place at all, which its coordinates may tell as well.",
        ),
        _SOURCE,
    ),
    checks=(
        Unique(("event_id", "position")),
        NotNull(("event_id", LOCAL_DATE, "position", "venue_id", SOURCE_OBJECT)),
        Expression("lat between -90 and 90 and lon between -180 and 180", title="on_the_globe", severity="warn"),
    ),
    deduplicate=Deduplication(key=("event_id", "position"), order=(LOCAL_DATE,)),
)

TABLES = (GROUPS, GROUP_TOPICS, EVENTS, VENUES)

LEAST_EVENTS = 2
"""A word of fewer events than this, all days together, is left out: most of those are slips and names."""

TITLE_WORDS = Table(
    schema="gold",
    name="meetup_title_words",
    description=(
        "The words in the title of each event held; cancelled events were not held. A word is a run "
        "of letters, in lower case, of two at least, which may have digits after the first, or a name as c++ or r; "
        "HTML, addresses, emoji, punctuation, numbers, possessive endings, what was written into a title when "
        "the event was called off or sold out, and words that say nothing in English or other languages (weekdays and "
        f"months among them) are left out, and so are words of fewer than {LEAST_EVENTS} events in all."
    ),
    grain="one row an event held and word",
    columns=(
        Column("event_id", "text", "Event."),
        Column(LOCAL_DATE, "date", "Day on which it began, where the group is."),
        Column("yes_rsvps", "bigint", "Who said yes to the event; 0 where not told."),
        Column("word", "text", "A word of its title, in lower case; one that stands there twice is one row."),
    ),
    checks=(
        Unique(("event_id", "word")),
        NotNull(("event_id", LOCAL_DATE, "yes_rsvps", "word")),
        Expression("yes_rsvps >= 0", title="answers_are_counted"),
    ),
)
