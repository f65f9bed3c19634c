"""Segment events as Firehose delivers them, for measuring: seeded, 700 to 1,000 bytes each, records without delimiter.

Not the sample that people look at: here only the sizes, the shapes and the mixture matter.
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

SMALLEST, LARGEST = 45_000, 5_000_000
"""Bytes of an object: what a quiet hour and a full buffer of Firehose give."""

_START = datetime(2026, 3, 1, tzinfo=UTC)
_HOURS = 24 * 14
_USERS = 20_000
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
_WORDS = ("coffee", "trail", "film", "garden", "winter", "train", "bread", "light", "river", "music", "hill", "book")
_PAGES = ("feed", "profile", "search", "post", "followers")


def make_corpus(lake: Path, total: int, *, smallest: int = SMALLEST, largest: int = LARGEST, seed: int = 7) -> int:
    """Put objects of `total` bytes or a little more into the folder of a lake; how many. Sizes are spread evenly in
    their logarithm between `smallest` and `largest` bytes."""
    rng = random.Random(seed)  # noqa: S311 - nothing secret
    written = count = 0
    while written < total:
        size = round(math.exp(rng.uniform(math.log(smallest), math.log(largest))))
        begun = _START + timedelta(hours=count % _HOURS, minutes=rng.randrange(60), seconds=rng.randrange(60))
        data = _object(rng, begun, size)
        name = f"web-data-1-{begun:%Y-%m-%d-%H-%M-%S}-{_uuid(rng)}"
        path = lake / f"web-data/raw/{begun:%Y/%m/%d/%H}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written, count = written + len(data), count + 1
    return count


def _object(rng: random.Random, begun: datetime, size: int) -> bytes:
    parts: list[bytes] = []
    length = 0
    for event in _events(rng, begun):
        parts.append(msgspec.json.encode(event))
        length += len(parts[-1])
        if length >= size:
            break
    return b"".join(parts)


def _events(rng: random.Random, begun: datetime) -> Iterator[dict[str, Any]]:
    now = begun
    while True:
        now += timedelta(milliseconds=rng.randrange(1, 900))
        yield {**_envelope(rng, now), **_call(rng, now)}


def _envelope(rng: random.Random, now: datetime) -> dict[str, Any]:
    page = rng.choice(_PAGES)
    return {
        "anonymousId": _uuid(rng),
        "channel": "client",
        "context": {
            "ip": f"203.0.113.{rng.randrange(256)}",
            "library": {"name": "analytics.js", "version": "next-1.70.0"},
            "locale": "en-GB",
            "page": {"path": f"/{page}", "referrer": "https://social.example/", "search": "", "title": page},
            "timezone": "Europe/London",
            "userAgent": _AGENT,
        },
        "integrations": {},
        "messageId": f"ajs-next-{_uuid(rng)}",
        "originalTimestamp": _time(now - timedelta(milliseconds=rng.randrange(3_000))),
        "receivedAt": _time(now),
        "sentAt": _time(now - timedelta(milliseconds=rng.randrange(200))),
        "timestamp": _time(now - timedelta(milliseconds=rng.randrange(3_000))),
        "userId": _user(rng),
        "version": 2,
    }


def _call(rng: random.Random, now: datetime) -> dict[str, Any]:
    chance = rng.random()
    if chance < 0.25:
        return {"type": "track", "event": "Follow User", "properties": {"user_id": _user(rng)}}
    if chance < 0.3:
        return {"type": "track", "event": "Unfollow User", "properties": {"user_id": _user(rng)}}
    if chance < 0.5:
        body = " ".join(rng.choices(_WORDS, k=rng.randrange(5, 45)))
        post = {"author": _user(rng), "created_at": _time(now), "body": body, "post_id": _uuid(rng)}
        return {"type": "track", "event": "Post Created", "properties": post}
    if chance < 0.6:
        name = " ".join(rng.choices(_WORDS, k=2))
        about = " ".join(rng.choices(_WORDS, k=12))
        traits = {
            "username": name,
            "email": f"{_user(rng)}@example.org",
            "about_me": about,
            "plan": "free",
            "age": "25-34",
        }
        return {"type": "identify", "traits": traits}
    if chance < 0.8:
        page = rng.choice(_PAGES)
        said = {"path": f"/{page}", "title": page, "url": f"https://social.example/{page}", "referrer": ""}
        return {"type": "page", "name": page, "properties": said}
    return {
        "type": "track",
        "event": "Post Liked",
        "properties": {"post_id": _uuid(rng), "author": _user(rng), "position": 3},
    }


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _user(rng: random.Random) -> str:
    return f"user-{rng.randrange(_USERS):05d}"


def _uuid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128)))
