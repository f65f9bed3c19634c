"""What a single error in Meetup's answer complains of: the token, a permission, a thing that is missing, the query.

Errors come in the forms of GraphQL (`extensions.code`), graphql-java (`classification`), its kin (`errorType`), Spring
(`404 NOT_FOUND` as the message), and OAuth 2 (RFC 6749, section 5.2). What follows for the whole answer is judged in
`answers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

_LONGEST_QUOTE = 160
_CODE_NAMES = ("code", "classification", "errorType", "error")
_BY_STATUS = re.compile(r"(?P<status>[45]\d\d)[ :_-]+(?P<name>[A-Z][A-Z_ ]+[A-Z])\b")
_OF_TOKEN = re.compile(
    r"\btoken\b.{0,40}\b(expired|invalid|revoked|missing|required)\b|\b(expired|invalid|revoked|missing|bad)\b"
    r".{0,20}\btoken\b|\b(log|sign)[ -]?in (is )?required\b|\bnot (logged|signed) in\b|\bunauthenticated\b",
    re.IGNORECASE,
)
_OF_SIZE = re.compile(r"\btoo (large|big|many|complex|expensive)\b|\bcomplexity\b|\bpage size\b", re.IGNORECASE)
_OF_PLACE = re.compile(r"\bcursor\b|\b(page|continuation|next)[ -]?token\b", re.IGNORECASE)
_OF_SECONDS = re.compile(r"\btoo many requests\b|\brate.?limit", re.IGNORECASE)


class Kind(Enum):
    """What is complained of."""

    RATE = auto()
    TOKEN = auto()
    UNAUTHORIZED = auto()
    """The token, or a permission: by where it stands."""
    FORBIDDEN = auto()
    MISSING = auto()
    SIZE = auto()
    QUERY = auto()
    OTHER = auto()


_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("RATELIMITED", "RATELIMIT", "TOOMANYREQUESTS", "THROTTLED", "RATELIMITEXCEEDED"), Kind.RATE),
    **dict.fromkeys(("UNAUTHENTICATED", "NOTAUTHENTICATED", "AUTHENTICATIONERROR", "AUTHENTICATIONFAILED"), Kind.TOKEN),
    **dict.fromkeys(("AUTHFAIL", "INVALIDGRANT", "INVALIDTOKEN", "INVALIDCLIENT", "UNAUTHORIZEDCLIENT"), Kind.TOKEN),
    **dict.fromkeys(("TOKENEXPIRED", "EXPIREDTOKEN", "ACCESSTOKENEXPIRED", "INSUFFICIENTSCOPE"), Kind.TOKEN),
    "UNAUTHORIZED": Kind.UNAUTHORIZED,
    **dict.fromkeys(("FORBIDDEN", "PERMISSIONDENIED", "ACCESSDENIED", "NOTALLOWED"), Kind.FORBIDDEN),
    **dict.fromkeys(("NOTFOUND", "GONE"), Kind.MISSING),
    **dict.fromkeys(("PAYLOADTOOLARGE", "QUERYTOOCOMPLEX", "MAXCOMPLEXITYEXCEEDED"), Kind.SIZE),
    **dict.fromkeys(("GRAPHQLPARSEFAILED", "GRAPHQLVALIDATIONFAILED", "BADUSERINPUT", "BADREQUEST"), Kind.QUERY),
    **dict.fromkeys(("INVALIDSYNTAX", "VALIDATIONERROR", "OPERATIONNOTSUPPORTED", "INVALIDCURSOR"), Kind.QUERY),
}


@dataclass(frozen=True)
class Complaint:
    """One error.

    Attributes:
        kind: what it complains of.
        path: where in the answer, from the root field on; None where it does not say.
        quote: code and beginning of the message, for people.
        details: what it says of itself, in its extensions or beside them.
    """

    kind: Kind
    path: tuple[str | int, ...] | None
    quote: str
    details: Mapping[str, Any]


def complaints_of(payload: Any, hide: Callable[[str], str]) -> list[Complaint]:
    """The errors of an answer's JSON, in all forms known; `hide` takes secrets out of what is quoted of it."""
    if not isinstance(payload, dict):
        return []
    found = payload.get("errors") or []
    listed = list(found) if isinstance(found, list) else [found]
    if payload.get("error") or ("code" in payload and "data" not in payload):
        listed.append(payload)
    return [_complaint(one, hide) for one in listed]


def _complaint(error: Any, hide: Callable[[str], str]) -> Complaint:
    details = _details(error)
    codes = [str(details[name]) for name in _CODE_NAMES if isinstance(details.get(name), str | int)]
    message = details.get("message") or details.get("error_description") or details.get("problem") or ""
    message = message if isinstance(message, str) else str(error)
    # By code of its own, by a code that the message begins with, by what the message says.
    kinds = [_KINDS[plain] for plain in map(_plain, codes) if plain in _KINDS]
    spoken = _BY_STATUS.match(message)
    if spoken is not None:
        kinds += [_KINDS[plain] for plain in (_plain(spoken["name"]),) if plain in _KINDS]
    path = details.get("path")
    place = tuple(path) if isinstance(path, list) else None
    kind = next((one for one in kinds if one is not Kind.QUERY), kinds[0] if kinds else _by_words(message, place))
    if kind is Kind.QUERY and _OF_SIZE.search(message):
        kind = Kind.SIZE
    return Complaint(kind, place, _quote(hide(" ".join((*dict.fromkeys(codes), message)))), details)


def _by_words(message: str, place: tuple[str | int, ...] | None) -> Kind:
    """What a message says that has no code; deep in the answer, words about tokens may be about anything."""
    if _OF_SECONDS.search(message):
        return Kind.RATE
    if _OF_PLACE.search(message):
        return Kind.QUERY
    return Kind.TOKEN if len(place or ()) < 2 and _OF_TOKEN.search(message) else Kind.OTHER


def _details(error: Any) -> Mapping[str, Any]:
    if not isinstance(error, dict):
        return {"message": str(error)}
    inner = error.get("error")
    extensions = error.get("extensions")
    return {
        **error,
        **(inner if isinstance(inner, dict) else {}),
        **(extensions if isinstance(extensions, dict) else {}),
    }


def _plain(code: str) -> str:
    return re.sub(r"[^A-Z]", "", code.upper())


def _quote(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
