"""What an HTTP answer of Meetup's means: data, or one of the errors in `resources.meetup.errors`.

A pure judgement of status, headers and body; sending and retrying belong to `sending`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from resources.meetup.errors import (
    MeetupError,
    MeetupQueryError,
    MeetupRateLimitError,
    MeetupTokenError,
    MeetupTransientError,
)

DEFAULT_PAUSE = 5.0
"""Seconds to wait where Meetup asks for a pause and does not say how long."""

_LONGEST_QUOTE = 160
_TOKEN_CODES = frozenset({"UNAUTHENTICATED", "UNAUTHORIZED", "FORBIDDEN"})
_QUERY_CODES = frozenset(
    {
        *("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "BAD_REQUEST"),
        # What graphql-java puts into `classification` in place of a code.
        *("InvalidSyntax", "ValidationError", "OperationNotSupported"),
    }
)
_TRANSIENT_STATUS = frozenset({408, 425})


@dataclass(frozen=True)
class Answer:
    """An HTTP answer.

    Attributes:
        status: the HTTP status.
        headers: with names in lower case.
        body: as it came.
        now: when it came by the caller's clock, seconds since 1970.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    now: float


def value_of(answer: Answer, field: str) -> Any:
    """The value of the root field `field`; None only where Meetup says that there is no such thing.

    Anything wrong anywhere in the answer fails all of it, so that a failed page can never look like an empty one.

    Raises:
        MeetupTransientError: for an answer that may be better next time.
        MeetupTokenError: where the token was refused.
        MeetupQueryError: where the request was refused.
    """
    payload = _json(answer.body)
    errors = _errors(payload)
    if answer.status == 429 or any(_code(error) == "RATE_LIMITED" for error in errors):
        raise MeetupRateLimitError("Meetup's rate limit was hit; wait a minute.", _pause(answer, errors))
    if answer.status != 200:
        raise _refusal(answer.status, errors)
    if not isinstance(payload, dict):
        raise MeetupTransientError("Meetup's answer was cut short or is not JSON; try again later.")
    data = payload.get("data")
    value = data.get(field) if isinstance(data, dict) else None
    others = [error for error in errors if not _says_missing(error, field)]
    if others:
        raise _failure(others)
    if value is None and not errors and not (isinstance(data, dict) and field in data):
        raise MeetupTransientError(f"Meetup's answer lacks {field}; try again later.")
    if value is not None and errors:
        raise MeetupTransientError(f"Meetup's answer has {field} and says that it has not; try again later.")
    return value


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _errors(payload: Any) -> list[Any]:
    found = payload.get("errors") if isinstance(payload, dict) else None
    if not found:
        return []
    return found if isinstance(found, list) else [found]


def _details(error: Any) -> Mapping[str, Any]:
    """What an error says of itself, in its extensions or beside them."""
    if not isinstance(error, dict):
        return {}
    extensions = error.get("extensions")
    return {**error, **extensions} if isinstance(extensions, dict) else error


def _code(error: Any) -> str:
    details = _details(error)
    return str(details.get("code") or details.get("classification") or "")


def _says_missing(error: Any, field: str) -> bool:
    return _code(error) == "NOT_FOUND" and error.get("path") in (None, [field])


def _refusal(status: int, errors: Sequence[Any]) -> MeetupError:
    if status >= 500 or status in _TRANSIENT_STATUS:
        return MeetupTransientError(f"Meetup answered with HTTP {status}; try again later.")
    if status in (401, 403):
        return _token_error(f"HTTP {status}")
    if 300 <= status < 400:
        return MeetupQueryError(
            f"Meetup answered with a redirect (HTTP {status}); set TRIBUTARY_MEETUP_URL to its aim."
        )
    if errors:
        failure = _failure(errors)
        return MeetupQueryError(f"Meetup refused the request ({_quote(errors[0])}).") if failure.transient else failure
    return MeetupQueryError(f"Meetup refused the request with HTTP {status}; check TRIBUTARY_MEETUP_URL.")


def _failure(errors: Sequence[Any]) -> MeetupError:
    codes = {_code(error) for error in errors}
    quote = _quote(errors[0])
    if codes & _TOKEN_CODES:
        return _token_error(quote)
    if codes & _QUERY_CODES:
        return MeetupQueryError(f"Meetup refused the query ({quote}); compare it with Meetup's present schema.")
    return MeetupTransientError(f"Meetup could not answer in full ({quote}); try again later.")


def _token_error(quote: str) -> MeetupTokenError:
    return MeetupTokenError(
        f"Meetup refused the token ({quote}): it is wrong, expired or may not read this; renew TRIBUTARY_MEETUP_TOKEN."
    )


def _quote(error: Any) -> str:
    message = error.get("message") if isinstance(error, dict) else error
    text = " ".join(f"{_code(error)} {message or ''}".split())
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


def _pause(answer: Answer, errors: Sequence[Any]) -> float:
    """Seconds until calls are welcome again, by whichever of the two signs says so."""
    for error in errors:
        reset = _moment(_details(error).get("resetAt"))
        if reset is not None:
            # Against the server's own clock where it tells the time, as this machine's may differ.
            return max(0.0, reset - (_http_date(answer.headers.get("date")) or answer.now))
    after = answer.headers.get("retry-after", "")
    if after.strip().isdigit():
        return float(after)
    date = _http_date(after)
    if date is not None:
        return max(0.0, date - (_http_date(answer.headers.get("date")) or answer.now))
    return DEFAULT_PAUSE


def _moment(value: Any) -> float | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _http_date(value: str | None) -> float | None:
    try:
        return parsedate_to_datetime(value or "").timestamp()
    except ValueError:
        return None
