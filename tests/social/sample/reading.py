"""A reader of sample objects that shares nothing with the platform's: it trusts the object's form, and counts."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tributary.resources.lake import Lake

RAW = "web-data/raw/"
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Delivery:
    """One record as delivered: the object's number and key, its place there, and what it says, where it can be read."""

    number: int
    key: str
    place: int
    raw: bytes
    message: dict[str, Any] | None

    @property
    def good(self) -> dict[str, Any]:
        assert self.message is not None
        return self.message


def deliveries(lake: Lake) -> list[Delivery]:
    """All records of all objects, in the order of keys."""
    return [
        Delivery(number, info.key, place, raw, _message(raw))
        for number, info in enumerate(lake.list(RAW))
        for place, raw in enumerate(_records(unpacked(info.key, lake.get(info.key))))
    ]


def unpacked(key: str, data: bytes) -> bytes:
    return gzip.decompress(data) if key.endswith(".gz") else data


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def late(message: dict[str, Any]) -> timedelta:
    """How long after it happened a message was received."""
    return time_of(message["receivedAt"]) - time_of(message["timestamp"])


def first_deliveries(found: list[Delivery]) -> dict[str, Delivery]:
    """The first delivery of each good message."""
    firsts: dict[str, Delivery] = {}
    for delivery in found:
        if delivery.message is not None:
            firsts.setdefault(delivery.good["messageId"], delivery)
    return firsts


def pair_events(messages: list[dict[str, Any]]) -> dict[tuple[str, str], list[str]]:
    """Follows and unfollows of each pair of users, in the order in which they happened."""
    pairs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for message in sorted(messages, key=lambda message: str(message["timestamp"])):
        if message.get("event") in ("Follow User", "Unfollow User"):
            pairs[str(message["userId"]), str(message["properties"]["user_id"])].append(message["event"])
    return pairs


def _records(data: bytes) -> Iterator[bytes]:
    if data.endswith(b"\n"):
        yield from data[:-1].split(b"\n")
        return
    text = data.decode("utf-8", "surrogateescape")
    begin = 0
    while begin < len(text):
        try:
            _, end = _DECODER.raw_decode(text, begin)
        except ValueError:
            end = len(text)
        yield text[begin:end].encode("utf-8", "surrogateescape")
        begin = end


def _message(raw: bytes) -> dict[str, Any] | None:
    """The record as a message, where it is one that can become a row."""
    try:
        found = json.loads(raw.decode())
    except ValueError:
        return None
    if not isinstance(found, dict) or found["type"] not in ("track", "identify", "page", "screen", "group", "alias"):
        return None
    if found["timestamp"] == "yesterday" or (found.get("event") == "Follow User" and not found["properties"]):
        return None
    return found
