"""What an HTTP answer of Meetup's means: data, perhaps with holes, or one of the errors in `assets.meetup.api.errors`.

A pure judgement of status, headers and body; what one error says is read in `complaints`, and sending and retrying
belong to `sending`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from tributary.assets.meetup.api.complaints import Complaint, Kind, complaints_of
from tributary.assets.meetup.api.errors import (
    MeetupError,
    MeetupForbiddenError,
    MeetupMissingError,
    MeetupQueryError,
    MeetupRateLimitError,
    MeetupTokenError,
    MeetupTransientError,
)
from tributary.assets.meetup.api.moments import moment_of

DEFAULT_PAUSE = 5.0
"""Seconds to wait where Meetup asks for a pause and does not say how long."""

_TRANSIENT_STATUS = frozenset({408, 413, 425})
_LOGIN_ADDRESS = re.compile(r"log-?in|sign-?in|oauth|authori[sz]e|/auth\b|/sso\b|/session", re.IGNORECASE)
_LOGIN_PAGE = re.compile(
    rb"type\s*=\s*[\"']?password|<title>[^<]{0,80}\b(log|sign)[ -]?(in|up)\b|\b(log|sign)[ -]?in to (continue|meetup)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: header names are in lower case, `now` is when it came by the caller's clock, since 1970."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    now: float


@dataclass(frozen=True)
class Failure:
    """A place in the data that could not be had.

    Attributes:
        path: where, below the root field.
        forbidden: whether it is not for the token's owner, or not there, rather than broken.
        quote: what Meetup says of it.
    """

    path: tuple[str | int, ...]
    forbidden: bool
    quote: str


@dataclass(frozen=True)
class Told:
    """The value of a query's root field, and what of it Meetup could not give.

    Attributes:
        value: None only where Meetup says that there is no such thing.
        failures: each at a place within the value, which may be null there.
    """

    value: Any
    failures: tuple[Failure, ...] = ()


def told_by(answer: Answer, field: str, what: str, hide: Callable[[str], str] = lambda text: text) -> Told:
    """The value of the root field `field`, which is `what` to people; `hide` takes secrets out of what is quoted.

    An error that names no place fails the whole answer, so that a failed page can never look like an empty one.

    Raises:
        MeetupTransientError: for an answer that may be better next time.
        MeetupTokenError: where the token was refused, in whatever form.
        MeetupForbiddenError: where the thing asked for is not for the token's owner, or not there in full.
        MeetupQueryError: where the request was refused.
    """
    payload = _json(answer.body)
    complaints = complaints_of(payload, hide)
    if _asks_for_a_pause(answer, complaints):
        raise MeetupRateLimitError("Meetup's rate limit was hit; wait a minute.", _pause(answer, complaints))
    _refuse_token(answer, payload, complaints)
    if answer.status != 200:
        raise _refusal(answer.status, complaints, what)
    if not isinstance(payload, dict):
        raise MeetupTransientError("Meetup's answer was cut short or is not JSON; try again later.")
    data = payload.get("data")
    value = data.get(field) if isinstance(data, dict) else None
    if value is not None:
        return Told(value, tuple(_failure(one, field) for one in complaints))
    if complaints:
        return _without_value(complaints, field, what)
    if not (isinstance(data, dict) and field in data):
        raise MeetupTransientError(f"Meetup's answer lacks {field}; try again later.")
    return Told(None)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _refuse_token(answer: Answer, payload: Any, complaints: Sequence[Complaint]) -> None:
    """Raise where the answer says, in any of its forms, that the token is not accepted."""
    spoken = next((one.quote for one in complaints if one.kind is Kind.TOKEN), None)
    if spoken is None and answer.status == 401:
        spoken = complaints[0].quote if complaints else "HTTP 401"
    if spoken is None and "invalid_token" in answer.headers.get("www-authenticate", "").lower():
        spoken = f"HTTP {answer.status}, invalid_token"
    if spoken is None and answer.status == 403 and not any(one.path for one in complaints):
        spoken = complaints[0].quote if complaints else "HTTP 403"
    if spoken is None and 300 <= answer.status < 400 and _LOGIN_ADDRESS.search(answer.headers.get("location", "")):
        spoken = f"HTTP {answer.status}, a redirect to a log-in page"
    if spoken is None and answer.status < 500 and payload is None and _LOGIN_PAGE.search(answer.body):
        spoken = f"HTTP {answer.status}, a log-in page"
    if spoken is not None:
        raise _token_error(spoken)


def _refusal(status: int, complaints: Sequence[Complaint], what: str) -> MeetupError:
    if status >= 500 or status in _TRANSIENT_STATUS:
        return MeetupTransientError(f"Meetup answered with HTTP {status}; try again later.")
    if 300 <= status < 400:
        return MeetupQueryError(
            f"Meetup answered with a redirect (HTTP {status}); set TRIBUTARY_MEETUP_URL to its aim."
        )
    if complaints:
        found = _judged(complaints, what)
        other = found.transient and not any(one.kind is Kind.SIZE for one in complaints)
        return MeetupQueryError(f"Meetup refused the request ({complaints[0].quote}).") if other else found
    return MeetupQueryError(f"Meetup refused the request with HTTP {status}; check TRIBUTARY_MEETUP_URL.")


def _without_value(complaints: Sequence[Complaint], field: str, what: str) -> Told:
    """What errors mean where there is no value: that the thing is not there, or why it was not given."""
    if all(one.kind is Kind.MISSING and one.path in (None, (field,)) for one in complaints):
        return Told(None)
    raise _judged(complaints, what)


def _judged(complaints: Sequence[Complaint], what: str) -> MeetupError:
    """The error that complaints amount to where nothing was given."""
    kinds = {one.kind for one in complaints}
    quote = complaints[0].quote
    if Kind.UNAUTHORIZED in kinds and not any(one.path and len(one.path) > 1 for one in complaints):
        return _token_error(quote)
    if kinds & {Kind.FORBIDDEN, Kind.UNAUTHORIZED}:
        return MeetupForbiddenError(f"Meetup does not give {what} to this token's owner ({quote}).")
    if Kind.MISSING in kinds:
        return MeetupMissingError(f"Meetup has not all of {what}, and gives nothing of it ({quote}).")
    if Kind.QUERY in kinds:
        return MeetupQueryError(f"Meetup refused the query ({quote}); compare it with Meetup's present schema.")
    return MeetupTransientError(f"Meetup could not answer in full ({quote}); try again later.")


def _failure(complaint: Complaint, field: str) -> Failure:
    """The place that an error beside a value names.

    Raises:
        MeetupTransientError: it names none, so that anything may be missing.
    """
    path = complaint.path
    if path is None or len(path) < 2 or path[0] != field:
        raise MeetupTransientError(f"Meetup could not answer in full ({complaint.quote}); try again later.")
    barred = complaint.kind in (Kind.FORBIDDEN, Kind.UNAUTHORIZED, Kind.MISSING)
    return Failure(path[1:], barred, complaint.quote)


def _token_error(quote: str) -> MeetupTokenError:
    return MeetupTokenError(
        f"Meetup refused the token ({quote}): it is wrong or expired; renew TRIBUTARY_MEETUP_TOKEN."
    )


def _asks_for_a_pause(answer: Answer, complaints: Sequence[Complaint]) -> bool:
    if answer.status == 429 or any(one.kind is Kind.RATE for one in complaints):
        return True
    return answer.status == 503 and "retry-after" in answer.headers


def _pause(answer: Answer, complaints: Sequence[Complaint]) -> float:
    """Seconds until calls are welcome again, by whichever of the signs says so."""
    server = _http_date(answer.headers.get("date"))
    for one in complaints:
        reset = _moment(one.details.get("resetAt"))
        if reset is not None:
            # Against the server's own clock where it tells the time, as this machine's may differ.
            return max(0.0, reset - (server or answer.now))
        seconds = one.details.get("retryAfter")
        if isinstance(seconds, int | float) and seconds >= 0:
            return float(seconds)
    after = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", after):
        return float(after)
    date = _http_date(after)
    if date is not None:
        return max(0.0, date - (server or answer.now))
    return DEFAULT_PAUSE


def _moment(value: Any) -> float | None:
    if isinstance(value, int | float) and value > 0:
        # Seconds since 1970, or milliseconds where that would be past the year 5000.
        return float(value) if value < 1e11 else value / 1000
    try:
        found = moment_of(value)
    except (TypeError, ValueError, AttributeError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _http_date(value: str | None) -> float | None:
    try:
        return parsedate_to_datetime(value or "").timestamp()
    except ValueError:
        return None
