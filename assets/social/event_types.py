"""The track events that mean something here: one record each, of which table, columns, grammar and lineage follow.

A message of another name, and every call that is no track event, is told apart in `assets.social.events`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tributary.resources.warehouse.table import Column

Kind = Literal["id", "text", "time"]
PROPERTIES = "properties."


@dataclass(frozen=True)
class EventField:
    """A column of an event's table.

    Attributes:
        name: of the column.
        kind: an id is a text, or a number taken by its digits; a text is a text, or else its JSON; a time lies between
            the first day that is believed and the message's arrival.
        description: its meaning.
        paths: where it stands in a message, the first that says something: `userId`, `messageId`, `timestamp`, or a
            name behind `properties.`.
        tags: of the column, such as `pii`.
    """

    name: str
    kind: Kind
    description: str
    paths: tuple[str, ...]
    tags: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether a message without it is no row: ids and times are what a row is known by."""
        return self.kind != "text"

    @property
    def column(self) -> Column:
        """The column of the table."""
        return Column(self.name, "timestamp" if self.kind == "time" else "text", self.description, self.tags)


@dataclass(frozen=True)
class EventType:
    """A track event with a table of its own, `staged.<table>`; the message's id, times and object come by themselves.

    Attributes:
        event: its name, to the letter.
        table: the table's name.
        description: what its rows are.
        fields: its own columns.
    """

    event: str
    table: str
    description: str
    fields: tuple[EventField, ...]

    @property
    def grain(self) -> str:
        """What a row is."""
        article = "an" if self.event[:1] in "AEIOU" else "a"
        return f"one row {article} '{self.event}' message"


CONTEXT = "context."
CONTEXT_FIELDS = (
    EventField("campaign_source", "text", "What sent the caller (utm_source).", ("context.campaign.source",)),
    EventField("campaign_medium", "text", "By what medium it did (utm_medium).", ("context.campaign.medium",)),
    EventField("campaign_name", "text", "The campaign's name (utm_campaign).", ("context.campaign.name",)),
    EventField(
        "referrer",
        "text",
        "Address of the page that led to the caller's page; null where none did.",
        ("context.page.referrer", "context.referrer.url"),
        tags=("pii",),
    ),
    EventField(
        "device",
        "text",
        "Kind of device, as ios; of browsers and servers, which tell none, the library that made the message.",
        ("context.device.type", "context.library.name"),
    ),
)
"""What any message may say in its context of where it comes from (https://segment.com/docs/connections/spec/common/).

Each is null where nothing, or an empty text, is said.
"""


def _pair(event: str, table: str, description: str, who: str, whom: str) -> EventType:
    fields = (
        EventField("user_id", "id", who, ("userId",)),
        EventField("user_id_recipient", "id", whom, ("properties.user_id",)),
    )
    return EventType(event, table, description, fields)


EVENT_TYPES: tuple[EventType, ...] = (
    EventType(
        "Post Created",
        "social_posts",
        "Posts: each track call 'Post Created'.",
        (
            EventField(
                "post_id",
                "id",
                "Post; the message's id where the event names none.",
                ("properties.post_id", "properties.id", "messageId"),
            ),
            EventField(
                "user_id",
                "id",
                "User who wrote it (properties.author, else the sender).",
                ("properties.author", "userId"),
            ),
            EventField(
                "published_at",
                "time",
                "When it was published, in UTC (properties.created_at, else timestamp).",
                ("properties.created_at", "timestamp"),
            ),
            EventField("body", "text", "Text of the post.", ("properties.body",), tags=("pii",)),
        ),
    ),
    _pair(
        "Follow User",
        "social_follows",
        "Follows: each track call 'Follow User'.",
        "User who follows.",
        "User who is followed.",
    ),
    _pair(
        "Unfollow User",
        "social_unfollows",
        "Unfollows: each track call 'Unfollow User'.",
        "User who stops following.",
        "User who was followed.",
    ),
    EventType(
        "Post Liked",
        "social_reactions",
        "Reactions to posts: each track call 'Post Liked'.",
        (
            EventField("user_id", "id", "User who likes.", ("userId",)),
            EventField("post_id", "id", "Post that is liked.", ("properties.post_id",)),
            EventField(
                "author_id", "text", "User who wrote it, as the message says; may be null.", ("properties.author",)
            ),
        ),
    ),
)
