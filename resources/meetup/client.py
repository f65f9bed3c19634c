"""The client: searches groups, gets a group, and lists a group's events between two moments.

One request asks of one group. Meetup counts 500 points a minute and does not publish what a query of several groups
would cost, so that batching groups by aliases may spend more than it saves; `GROUP_EVENTS` is where it would be added.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from pydantic import SecretStr

from resources.meetup.bucket import Bucket, LocalBucket
from resources.meetup.circles import Circle
from resources.meetup.clock import Clock, SystemClock
from resources.meetup.errors import MeetupGroupGoneError, MeetupTransientError, MeetupUsageError
from resources.meetup.paging import Node, Page, page_of, pages
from resources.meetup.queries import GROUP, GROUP_EVENTS, SEARCH_GROUPS
from resources.meetup.search import SEARCH_CAP, FoundGroups, Search, found_groups

if TYPE_CHECKING:
    import httpx

PAGE_SIZE = 50
"""Nodes asked for in a page. The server may send fewer; only its pageInfo says whether more follow."""

STATUSES = ("PAST", "CANCELLED", "CANCELLED_PERM", "ACTIVE")
"""Statuses (Meetup's EventStatus) of events that took place, were called off, or are announced. Drafts stay out."""

MARGIN = timedelta(days=1)
"""Meetup does not say whether its bounds are inclusive, nor in which zone it compares. So a day more is asked for."""


class MeetupClient:
    """Reads Meetup's GraphQL API. May be used by several threads; close it, or use it in a `with`.

    Args:
        url: the endpoint.
        token: the bearer token, which no message, log or repr shows.
        requests_per_minute: the rate limit where no bucket is given.
        bucket: the rate limit shared with others, as a `FileBucket`.
        clock: the time.
        page_size: nodes asked for in a page.
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
        *,
        requests_per_minute: int = 500,
        bucket: Bucket | None = None,
        clock: Clock | None = None,
        page_size: int = PAGE_SIZE,
        search_cap: int = SEARCH_CAP,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        # The HTTP library takes a fifth of a second to import, which loading definitions should not pay.
        from resources.meetup.sending import Sender

        local = _is_local(url)
        clock = clock or SystemClock()
        bucket = bucket or LocalBucket(requests_per_minute, clock)
        self._sender = Sender(url, token, bucket, clock, timeout, direct=local, transport=transport)
        self._url = url
        self._page_size = page_size
        self._search_cap = search_cap

    @property
    def calls(self) -> int:
        """How many requests were sent, retries included."""
        return self._sender.calls

    def search_groups(self, search: Search) -> FoundGroups:
        """The groups around a place on some topics.

        Raises:
            MeetupError: where a page could not be had; nothing is returned then.
        """
        return found_groups(search, self._search_page, self._search_cap)

    def group(self, urlname: str) -> Node | None:
        """The group as it is now; None where it is gone.

        Raises:
            MeetupError: where Meetup did not answer.
        """
        what = f"the group {urlname}"

        def read(value: Any) -> Node | None:
            if value is not None and not (isinstance(value, dict) and value.get("id")):
                raise MeetupTransientError(f"Meetup's answer to {what} is no group; try again later.")
            return value

        return self._sender.ask(GROUP, {"urlname": urlname}, what, read)

    def events(self, urlname: str, after: datetime, before: datetime, statuses: Sequence[str] = STATUSES) -> list[Node]:
        """A group's events that start from `after` to `before`, and up to a day earlier and later (`MARGIN`).

        The caller keeps what it wants by the event's own `dateTime`, or by `local_date`. All pages are read before
        anything is returned, so that a failure never leaves a part. An event that moves while the pages are read,
        and so comes twice, is returned once.

        Args:
            urlname: the group.
            after: the first moment, with a time zone.
            before: the last moment, with a time zone.
            statuses: which events, of Meetup's EventStatus.

        Returns:
            The nodes, sorted by start and id. An event without a `dateTime` comes first.

        Raises:
            MeetupUsageError: for a moment without a time zone.
            MeetupGroupGoneError: where there is no such group.
            MeetupError: where a page could not be had.
        """
        wanted = {
            "status": list(statuses),
            "afterDateTime": _moment(after, -MARGIN),
            "beforeDateTime": _moment(before, MARGIN),
        }
        what = f"events of {urlname}"
        nodes: dict[str, Node] = {}
        for page in pages(lambda cursor: self._event_page(urlname, wanted, cursor, what), what):
            for node in page.nodes:
                nodes.setdefault(node["id"], node)
        return sorted(nodes.values(), key=lambda node: (_start(node), node["id"]))

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"MeetupClient({self._url!r})"

    def _search_page(self, topic: str, circle: Circle, cursor: str | None) -> Page:
        wanted = {"query": topic, "lat": circle.lat, "lon": circle.lon, "radius": circle.radius_miles}
        what = f"groups on {topic}"
        return self._sender.ask(SEARCH_GROUPS, self._paged(wanted, cursor), what, lambda value: page_of(value, what))

    def _event_page(self, urlname: str, wanted: dict[str, Any], cursor: str | None, what: str) -> Page:
        variables = {"urlname": urlname, **self._paged(wanted, cursor)}

        def read(group: Any) -> Page:
            if group is None:
                raise MeetupGroupGoneError(f"There is no group {urlname} at Meetup any more; search the groups again.")
            return page_of(group.get("events") if isinstance(group, dict) else None, what)

        return self._sender.ask(GROUP_EVENTS, variables, what, read)

    def _paged(self, wanted: dict[str, Any], cursor: str | None) -> dict[str, Any]:
        return {"filter": wanted, "first": self._page_size, "after": cursor}


def local_date(event: Node) -> date | None:
    """The day on which an event starts, where it takes place; None where Meetup gives no start.

    Raises:
        MeetupUsageError: where the start cannot be read.
    """
    start = event.get("dateTime")
    if start is None:
        return None
    try:
        return datetime.fromisoformat(start).date()
    except (TypeError, ValueError):
        raise MeetupUsageError(f"The event {event.get('id')} starts at {start!r}, which is no time; skip it.") from None


def _start(event: Node) -> float:
    try:
        start = datetime.fromisoformat(event.get("dateTime") or "")
    except (TypeError, ValueError):
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
