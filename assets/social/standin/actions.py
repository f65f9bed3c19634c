"""What somebody does, before it is a message: one action, the visit that it is part of, and the names of events.

Times are seconds since the visit began; how actions become Segment calls is in `messages`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from tributary.assets.social.standin.people import Person

Kind = Literal["identify", "track", "page", "screen", "group", "alias"]
MAX_PAUSE_SECONDS = 60.0

POST, FOLLOW, UNFOLLOW, LIKE, SEARCH = "Post Created", "Follow User", "Unfollow User", "Post Liked", "Search Performed"
OTHER = "other"
KINDS = ("identify", POST, FOLLOW, UNFOLLOW, OTHER)
"""What is told apart; `other` is every event and call that is none of the rest."""


@dataclass(slots=True)
class Action:
    """One call: `name` is the event, the page's name, the group or the previous id; `body` properties or traits.

    `path` is the page on which it happens; `known` tells whether the caller is signed in.
    """

    kind: Kind
    name: str
    body: dict[str, Any]
    seconds: float
    path: str
    known: bool

    @property
    def counts_as(self) -> str:
        """Which of `KINDS` it is."""
        name = self.name if self.kind == "track" else self.kind
        return name if name in KINDS else OTHER


@dataclass(slots=True)
class Visit:
    """What `person` did in one go. `number` counts visits from 0; `position` places it among all activity (0 to 1)."""

    number: int
    position: float
    person: Person
    actions: list[Action]
