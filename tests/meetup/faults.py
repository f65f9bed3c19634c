"""Faults on demand: how the simulator's server fails, how often, and in what order. Seeded, so that a run repeats."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

import msgspec


class Fault(StrEnum):
    """A way to fail."""

    TOO_MANY_REQUESTS = "too_many_requests"
    """HTTP 429 with Retry-After."""
    RATE_LIMITED = "rate_limited"
    """HTTP 200 with an error of code RATE_LIMITED and its resetAt."""
    SERVER_ERROR = "server_error"
    """HTTP 500 with GraphQL errors."""
    BAD_GATEWAY = "bad_gateway"
    """HTTP 502 with a page of HTML."""
    SLOW = "slow"
    """The right answer, after a delay."""
    DROPPED = "dropped"
    """Half of the right answer, and then the connection is closed."""
    CUT_OFF = "cut_off"
    """Half of the right answer, as if it were all."""
    ERRORS_BESIDE_DATA = "errors_beside_data"
    """The right answer with every other edge missing, and an error."""
    TOO_MANY_REQUESTS_AT_ALL = "too_many_requests_at_all"
    """HTTP 429 that does not say for how long."""
    FAILED_FIELD = "failed_field"
    """The right answer, in which one field of a node is null, and an error that names it."""
    NULL_EDGE = "null_edge"
    """The right answer, in which the first edge is null."""
    EXPIRED_CURSOR = "expired_cursor"
    """The refusal of the cursor, of a call that has one; else the right answer."""
    EXPIRED_TOKEN = "expired_token"
    """HTTP 401."""
    INVALID_GRANT = "invalid_grant"
    """HTTP 400, as OAuth 2 says it."""
    AUTH_FAIL = "auth_fail"
    """HTTP 200 with an error of this code."""
    LOGIN_REDIRECT = "login_redirect"
    """HTTP 302 to a page to log in."""
    LOGIN_PAGE = "login_page"
    """HTTP 200 with a page to log in."""


OF_TOKEN = (Fault.EXPIRED_TOKEN, Fault.INVALID_GRANT, Fault.AUTH_FAIL, Fault.LOGIN_REDIRECT, Fault.LOGIN_PAGE)
"""The faults by which a server says that the token is not accepted."""

PASSING = tuple(fault for fault in Fault if fault not in OF_TOKEN)
"""The faults after which the same call may succeed."""


class GroupFault(StrEnum):
    """A way in which one group fails, at every call."""

    FORBIDDEN = "forbidden"
    """No group, and an error of this code: a private group."""
    NOT_FOUND = "not_found"
    """No group, and `404 NOT_FOUND` for its events, in graphql-java's form: a deleted group."""
    FAILED_FIELD = "failed_field"
    """As the fault of this name."""
    NULL_EDGE = "null_edge"
    """As the fault of this name."""
    UNDERCOUNT = "undercount"
    """No events, and the count of them all."""
    OTHER_GROUP = "other_group"
    """The id of another group, without events."""
    BROKEN = "broken"
    """HTTP 500."""
    ODD_TIME = "odd_time"
    """The start of the first event is no time."""


class FaultPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What shall fail.

    Attributes:
        upcoming: faults of the very next calls, one each.
        fraction: of the calls after them, the share that fails.
        kinds: how, each as likely as the others.
        seed: of the choice.
        delay: seconds by which a slow answer is late.
        pause: seconds after which a rate-limited call may be repeated.
        largest_page: calls for more nodes than this are answered with HTTP 502; None for no such limit.
        groups: by group id, how calls for that group fail.
    """

    upcoming: tuple[Fault, ...] = ()
    fraction: float = 0.0
    kinds: tuple[Fault, ...] = PASSING
    seed: int = 0
    delay: float = 5.0
    pause: int = 1
    largest_page: int | None = None
    groups: dict[str, GroupFault] = {}


@dataclass
class Faults:
    """The plan in force, and what it has done.

    Attributes:
        plan: what shall fail.
        delivered: how often each fault was delivered since the plan was made.
    """

    plan: FaultPlan = field(default_factory=FaultPlan)
    delivered: Counter[str] = field(default_factory=Counter)
    _rng: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - chooses faults
    _upcoming: deque[Fault] = field(default_factory=deque)

    def follow(self, plan: FaultPlan) -> None:
        """Put a plan in force, from its beginning."""
        self.plan = plan
        self.delivered.clear()
        self._rng = Random(plan.seed)  # noqa: S311 - chooses faults
        self._upcoming = deque(plan.upcoming)

    def draw(self) -> Fault | None:
        """What happens to the next call; None where it succeeds."""
        fault = None
        if self._upcoming:
            fault = self._upcoming.popleft()
        elif self.plan.kinds and self._rng.random() < self.plan.fraction:
            fault = self._rng.choice(self.plan.kinds)
        if fault is not None:
            self.delivered[fault.value] += 1
        return fault
