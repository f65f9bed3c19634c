"""The client: searches groups, gets a group, and lists a group's events between two moments.

One request asks of one group. Meetup counts 500 points a minute and does not publish what a query of several groups
would cost, so that batching groups by aliases may spend more than it saves.
"""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from tributary.assets.meetup.api.answers import Told
from tributary.assets.meetup.api.bucket import Bucket, Clock, SystemClock
from tributary.assets.meetup.api.circles import Circle
from tributary.assets.meetup.api.errors import (
    MeetupContradictionError,
    MeetupError,
    MeetupGroupGoneError,
    MeetupMissingError,
    MeetupOtherGroupError,
    MeetupPagingError,
    MeetupQueryError,
    MeetupTransientError,
    MeetupUnavailableError,
    MeetupUsageError,
)
from tributary.assets.meetup.api.moments import moment_of
from tributary.assets.meetup.api.paging import Node, Page, failed_fields, page_of, pages
from tributary.assets.meetup.api.queries import BY_ID, BY_URLNAME, SEARCH_GROUPS, Query, Way
from tributary.assets.meetup.api.search import SEARCH_CAP, FoundGroups, Search, found_groups
from tributary.assets.meetup.api.sizes import PAGE_SIZE, PageSize

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

STATUSES = (
    *("PAST", "ACTIVE", "CANCELLED", "CANCELLED_PERM", "BLOCKED", "PENDING", "PROPOSED", "DRAFT", "TEMPLATE"),
    *("AUTOSCHED", "AUTOSCHED_CANCELLED", "AUTOSCHED_DRAFT", "AUTOSCHED_FINISHED"),
)
"""Every status of Meetup's EventStatus. What each means for an event belongs to the source."""

MARGIN = timedelta(days=1)
"""Meetup does not say whether its bounds are inclusive, nor in which zone it compares. So a day more is asked for."""

_ROUNDS = 3
"""So often an answer is asked for from its beginning where it contradicts itself, or a cursor does not hold."""

_BETWEEN_ROUNDS = 1.0
"""Seconds before the second round; twice as many before each further one."""


@dataclass(frozen=True)
class GroupAnswer:
    """A group as it is now; the fields of it that `failed` could not be had, and are null or missing in the node."""

    node: Node
    failed: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether all of it was given."""
        return not self.failed


@dataclass(frozen=True)
class GroupEvents:
    """Events of a group.

    Attributes:
        nodes: the events, each once, sorted by start and id. One without a start comes first.
        failed: by an event's id, fields of it that could not be had; they are null or missing in its node.
        holes: events that could not be had at all.
    """

    nodes: tuple[Node, ...]
    failed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    holes: int = 0


class MeetupClient:
    """Reads Meetup's GraphQL API. May be used by several threads; close it in the end.

    Args:
        url: the endpoint.
        token: the bearer token, which no message, log or repr shows.
        bucket: the rate limit, shared with others where it is a `FileBucket`.
        clock: the time.
        page_size: nodes asked for in a page, unless the server cannot give so many.
        search_cap: at how many results the server ends a search.
        timeout: seconds to wait for the server.
        transport: what carries the requests, where it is not the network.

    Raises:
        MeetupUsageError: for an address over which a token must not be sent.
    """

    def __init__(
        self,
        url: str,
        token: SecretStr,
        bucket: Bucket,
        *,
        clock: Clock | None = None,
        page_size: int = PAGE_SIZE,
        search_cap: int = SEARCH_CAP,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        # The HTTP library takes a fifth of a second to import, which loading definitions should not pay.
        from tributary.assets.meetup.api.sending import Sender

        local = _is_local(url)
        clock = clock or SystemClock()
        self._sender = Sender(url, token, bucket, clock, timeout, direct=local, transport=transport)
        self._url = url
        self._clock = clock
        self._sizes = PageSize(page_size)
        self._search_cap = search_cap
        self._astray: set[tuple[str, str]] = set()

    @property
    def calls(self) -> int:
        """How many requests were sent, retries included."""
        return self._sender.calls

    def search_groups(self, search: Search) -> FoundGroups:
        """The groups around a place on some topics.

        Raises:
            MeetupError: where nothing could be had on any topic.
        """
        return found_groups(search, self._search_page, self._search_cap)

    def group(self, group_id: str, urlname: str | None = None) -> GroupAnswer | None:
        """The group as it is now; None where it is gone. `urlname` is its name in addresses when it was last seen.

        Raises:
            MeetupForbiddenError: where it is not for the token's owner.
            MeetupOtherGroupError: where Meetup tells of another group.
            MeetupError: where Meetup did not answer.
        """
        what = f"the group {group_id}"

        def read(told: Told) -> GroupAnswer:
            return GroupAnswer(_expected(told.value, group_id, what), failed_fields(told.failures))

        def ask(way: Way, name: str) -> GroupAnswer:
            return self._sender.ask(way.group, lambda _: {way.variable: name}, what, read, lambda found: found.whole)

        try:
            return self._by_some_way(group_id, urlname, ask)
        except MeetupGroupGoneError:
            return None

    def events(
        self,
        group_id: str,
        after: datetime,
        before: datetime,
        statuses: Sequence[str] = STATUSES,
        urlname: str | None = None,
    ) -> GroupEvents:
        """A group's events that start from `after` to `before`, and up to a day earlier and later (`MARGIN`).

        The caller keeps what it wants by the event's own `dateTime`, or by `local_date`. All pages are read before
        anything is returned, so that a failure never leaves a part. An event that moves while the pages are read,
        and so comes twice, is returned once. Where the pages hold fewer events than they count, or a cursor does not
        hold any more, they are read again from the first one.

        `statuses` are of Meetup's EventStatus; `urlname` is the group's name in addresses when it was last seen.

        Raises:
            MeetupUsageError: for a moment without a time zone.
            MeetupGroupGoneError: where there is no such group.
            MeetupForbiddenError: where its events are not for the token's owner.
            MeetupContradictionError: where the pages stay fewer than they say.
            MeetupOtherGroupError: where they are another group's.
            MeetupError: where a page could not be had.
        """
        wanted = {
            "status": list(statuses),
            "afterDateTime": _moment(after, -MARGIN),
            "beforeDateTime": _moment(before, MARGIN),
        }

        def ask(way: Way, name: str) -> GroupEvents:
            return self._events_once(way.events, group_id, {way.variable: name, "filter": wanted})

        return self._by_some_way(group_id, urlname, ask)

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()

    def __repr__(self) -> str:
        return f"MeetupClient({self._url!r})"

    def _by_some_way(self, group_id: str, urlname: str | None, ask: Callable[[Way, str], T]) -> T:
        """Ask by the group's name in addresses, and by its id where the name is not known or does not lead to it.

        A name that did not is not tried again, so that a group which was renamed costs one call more, and not one a
        question.
        """
        if urlname and (group_id, urlname) not in self._astray:
            try:
                return self._in_rounds(lambda: ask(BY_URLNAME, urlname))
            except (MeetupGroupGoneError, MeetupMissingError, MeetupOtherGroupError):
                self._astray.add((group_id, urlname))
        return self._in_rounds(lambda: ask(BY_ID, group_id))

    def _in_rounds(self, ask: Callable[[], T]) -> T:
        """Ask again from the beginning where an answer cannot be true, or a cursor does not hold."""
        last: MeetupError
        for number in itertools.count(1):
            most = _ROUNDS
            try:
                return ask()
            except (MeetupContradictionError, MeetupPagingError) as error:
                last = error
            except _CursorLostError as lost:
                last = lost.error
                # No answer, a second time, is hardly the cursor's doing, and takes a minute each time.
                most = 2 if last.transient else _ROUNDS
            if number >= most:
                break
            self._clock.sleep(_BETWEEN_ROUNDS * 2 ** (number - 1))
        raise last

    def _events_once(self, query: Query, group_id: str, wanted: Mapping[str, Any]) -> GroupEvents:
        what = f"events of the group {group_id}"
        nodes: dict[str, Node] = {}
        failed: dict[str, tuple[str, ...]] = {}
        holes = total = 0
        last: Page | None = None
        for page in pages(lambda cursor: self._event_page(query, group_id, wanted, cursor, what)):
            holes += page.holes
            total = max(total, page.total or 0)
            failed |= page.failed
            last = page
            for node in page.nodes:
                nodes.setdefault(node["id"], node)
        if len(nodes) + holes < total:
            raise MeetupContradictionError(
                f"Meetup counts {total} {what} and gives {len(nodes)}; what was pulled before stays, try again later."
            )
        if last is not None and last.more and last.total is None:
            # Without a count nothing tells whether these pages were all.
            raise MeetupPagingError(f"Meetup says that more {what} follow, and sends none; report it to Meetup.")
        ordered = sorted(nodes.values(), key=lambda node: (_start(node), node["id"]))
        return GroupEvents(tuple(ordered), failed, holes)

    def _search_page(self, topic: str, circle: Circle, cursor: str | None) -> Page:
        wanted = {"query": topic, "lat": circle.lat, "lon": circle.lon, "radius": circle.radius_miles}
        what = f"groups on {topic}"
        return self._page(
            SEARCH_GROUPS, {"filter": wanted}, cursor, what, lambda told: page_of(told.value, what, told.failures)
        )

    def _event_page(
        self, query: Query, group_id: str, wanted: Mapping[str, Any], cursor: str | None, what: str
    ) -> Page:
        def read(told: Told) -> Page:
            group = _expected(told.value, group_id, what)
            inside = tuple(replace(one, path=one.path[1:]) for one in told.failures if one.path[0] == "events")
            return page_of(group.get("events"), what, inside)

        try:
            return self._page(query, wanted, cursor, what, read)
        except (MeetupQueryError, MeetupGroupGoneError, MeetupUnavailableError) as error:
            if cursor is None:
                raise
            # The first page came: it is the cursor that does not hold any more.
            lost = _CursorLostError(error)
        raise lost

    def _page(
        self, query: Query, wanted: Mapping[str, Any], cursor: str | None, what: str, read: Callable[[Told], Page]
    ) -> Page:
        asked = self._sizes.of_attempt(1)

        def variables(attempt: int) -> Mapping[str, Any]:
            nonlocal asked
            asked = self._sizes.of_attempt(attempt)
            return {**wanted, "first": asked, "after": cursor}

        page = self._sender.ask(query, variables, what, read, lambda found: found.whole)
        self._sizes.worked(asked)
        return page


class _CursorLostError(Exception):
    """A cursor that the server gave does not lead on; the pages must be read from the first one again."""

    def __init__(self, error: MeetupError) -> None:
        super().__init__(str(error))
        self.error = error


def _expected(group: Any, group_id: str, what: str) -> Node:
    """The answer of the group that was asked for; what another one answers says nothing of it."""
    if group is None:
        raise MeetupGroupGoneError(f"There is no group {group_id} at Meetup any more; search the groups again.")
    if not (isinstance(group, dict) and group.get("id")):
        raise MeetupTransientError(f"Meetup's answer to {what} is no group; try again later.")
    if group["id"] != group_id:
        raise MeetupOtherGroupError(
            f"Meetup answered for the group {group['id']} where {group_id} was asked for; what was pulled before "
            "stays, try again later."
        )
    found: Node = group
    return found


def local_date(event: Node) -> date | None:
    """The day on which an event starts, where it takes place; None where Meetup gives no start.

    Raises:
        MeetupUsageError: where the start cannot be read.
    """
    start = event.get("dateTime")
    if start is None:
        return None
    try:
        return moment_of(start).date()
    except (AttributeError, TypeError, ValueError):
        raise MeetupUsageError(f"The event {event.get('id')} starts at {start!r}, which is no time; skip it.") from None


def _start(event: Node) -> float:
    try:
        start = moment_of(event.get("dateTime") or "")
    except (AttributeError, TypeError, ValueError):
        return float("-inf")
    return (start if start.tzinfo else start.replace(tzinfo=UTC)).timestamp()


def _moment(moment: datetime, margin: timedelta) -> str:
    if moment.tzinfo is None:
        raise MeetupUsageError(f"The moment {moment.isoformat()} has no time zone; give it one.")
    return (moment.astimezone(UTC) + margin).isoformat(timespec="seconds").replace("+00:00", "Z")


def _is_local(url: str) -> bool:
    """Whether the address is on this machine; elsewhere a token sent in the clear would be a token lost."""
    parts = urlsplit(url)
    local = _is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise MeetupUsageError(
            f"TRIBUTARY_MEETUP_URL names {parts.hostname!r} over {parts.scheme!r}; only https:// keeps a token secret."
        )
    return local


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
