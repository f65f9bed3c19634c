"""The sample is laid out as Firehose does, in an order that can be, and tells of a network that could be."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.social.sample.conftest import UNTIL, Made
from tests.social.sample.reading import RAW, Delivery, late, time_of, unpacked

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_KEY = re.compile(rf"web-data/raw/(\d{{4}}/\d\d/\d\d/\d\d)/web-data-1-((?:\d+-){{5}}\d\d)-{_UUID}(\.gz)?")
_SECOND, _HOUR = timedelta(seconds=1), timedelta(hours=1)


def _arrival(key: str) -> datetime:
    found = _KEY.fullmatch(key)
    assert found, key
    return datetime.strptime(found[2], "%Y-%m-%d-%H-%M-%S").replace(tzinfo=UTC)


def _objects(made: Made) -> dict[str, list[Delivery]]:
    objects: dict[str, list[Delivery]] = defaultdict(list)
    for found in made.deliveries:
        objects[found.key].append(found)
    return objects


def test_keys_are_those_of_firehose(made: Made) -> None:
    for info in made.lake.list(RAW):
        found = _KEY.fullmatch(info.key)
        assert found, info.key
        assert _arrival(info.key).strftime("%Y/%m/%d/%H") == found[1]


def test_one_to_three_objects_an_hour_within_the_period(made: Made) -> None:
    arrivals = [_arrival(info.key) for info in made.lake.list(RAW)]
    by_hour = Counter(arrival.replace(minute=0, second=0) for arrival in arrivals)
    assert set(by_hour.values()) == {1, 2, 3}
    assert min(by_hour) == UNTIL - timedelta(days=21)
    assert max(arrivals) < UNTIL
    assert len(by_hour) >= 21 * 24 - 5


def test_three_forms(made: Made) -> None:
    forms: Counter[str] = Counter()
    for info in made.lake.list(RAW):
        data = made.lake.get(info.key)
        assert data.startswith(b"\x1f\x8b") == info.key.endswith(".gz")
        plain = unpacked(info.key, data)
        forms["packed" if plain is not data else "lines" if plain.endswith(b"\n") else "joined"] += 1
    assert all(forms[form] > 30 for form in ("packed", "lines", "joined"))
    assert forms["joined"] > forms["lines"]


def test_records_arrive_after_they_were_received_and_in_order(made: Made) -> None:
    for key, found in _objects(made).items():
        arrival = _arrival(key)
        own = [time_of(delivery.good["receivedAt"]) for delivery in found if delivery is _first(made, delivery)]
        assert own[0] < arrival + _SECOND
        assert all(arrival - _SECOND < received < arrival + _HOUR for received in own)
        assert all(later > earlier - _SECOND for earlier, later in pairwise(own))


def _first(made: Made, delivery: Delivery) -> Delivery | None:
    return None if delivery.message is None else made.firsts[delivery.good["messageId"]]


def test_messages_are_received_after_they_were_sent_and_sent_after_they_were_made(made: Made) -> None:
    early = 0
    for message in made.messages:
        original, sent, received = (time_of(message[name]) for name in ("originalTimestamp", "sentAt", "receivedAt"))
        assert original <= sent
        early += received < sent
        assert time_of(message["timestamp"]) == received - (sent - original)
        assert UNTIL - timedelta(days=21) <= time_of(message["timestamp"]) <= received < UNTIL
    # Only clocks that are ahead make it look otherwise.
    assert 0 < early < len(made.messages) / 50


def test_every_message_has_the_envelope(made: Made) -> None:
    for message in made.messages:
        assert re.fullmatch(_UUID, message["messageId"])
        assert message.get("userId") or message.get("anonymousId")
        assert {"ip", "library", "userAgent"} <= message["context"].keys() or "device" in message["context"]
        assert message["channel"] in ("client", "server")
    assert {message["type"] for message in made.messages} == {"track", "identify", "page", "screen", "group", "alias"}


def test_follows_prefer_the_followed(made: Made) -> None:
    followers = Counter(str(message["properties"]["user_id"]) for message in _tracked(made, "Follow User"))
    members = {str(message["userId"]) for message in made.messages if "userId" in message} | followers.keys()
    top = sum(count for _, count in followers.most_common(len(members) // 10))
    assert 1_100 <= len(members) <= 1_200
    assert top > 0.3 * followers.total()
    assert len(followers) > 0.4 * len(members)


def test_nobody_follows_before_joining_or_likes_before_posting(made: Made) -> None:
    posted = {message["properties"]["post_id"]: message["timestamp"] for message in _tracked(made, "Post Created")}
    likes = _tracked(made, "Post Liked")
    assert len(likes) > 1_000
    assert all(posted[message["properties"]["post_id"]] < message["timestamp"] for message in likes)
    first_seen: dict[str, str] = {}
    newcomers = {}
    for message in made.messages:
        if "userId" in message and str(message["userId"]) not in first_seen:
            first_seen[str(message["userId"])] = message["timestamp"]
            if message["context"].get("page", {}).get("path") == "/signup":
                newcomers[str(message["userId"])] = message["timestamp"]
    assert len(newcomers) > 300
    for message in _tracked(made, "Follow User"):
        recipient = str(message["properties"]["user_id"])
        assert newcomers.get(recipient, "") < message["timestamp"]


def test_evenings_are_busy_and_the_network_grows(made: Made) -> None:
    hours = Counter(time_of(message["timestamp"]).hour for message in made.messages)
    assert min(hours[hour] for hour in (18, 19, 20, 21)) > 3 * max(hours[hour] for hour in (1, 2, 3, 4))
    middle = UNTIL - timedelta(days=10.5)
    later = sum(time_of(message["timestamp"]) > middle for message in made.messages)
    assert later > 1.2 * (len(made.messages) - later)


def test_strangers_look_and_some_of_them_join(made: Made) -> None:
    anonymous: dict[str, str] = {}
    known: set[str] = set()
    for message in made.messages:
        browser = str(message.get("anonymousId"))
        if "userId" not in message:
            anonymous.setdefault(browser, message["timestamp"])
        elif browser in anonymous and timedelta(0) < time_of(message["timestamp"]) - time_of(anonymous[browser]):
            known.add(browser)
    assert len(anonymous) > len(known) > 100


def test_profiles_change_and_some_edits_tell_only_what_changed(made: Made) -> None:
    identifies = [message for message in made.messages if message["type"] == "identify"]
    names: dict[str, set[str]] = defaultdict(set)
    for message in identifies:
        if "username" in message["traits"]:
            names[str(message["userId"])].add(message["traits"]["username"])
    assert sum(len(found) > 1 for found in names.values()) > 20
    assert sum("email" not in message["traits"] for message in identifies) > 20


def test_some_bodies_look_like_the_seam_of_two_records(made: Made) -> None:
    bodies = [message["properties"]["body"] for message in _tracked(made, "Post Created")]
    assert any("}{" in body for body in bodies)
    assert any("\n" in body for body in bodies)
    assert any('"' in body for body in bodies)
    assert len(set(bodies)) > 0.8 * len(bodies)


def test_late_messages_are_of_phones_or_identify_calls(made: Made) -> None:
    held = [message for message in made.messages if late(message) > timedelta(hours=1)]
    assert held
    assert all("device" in message["context"] or message["type"] == "identify" for message in held)


def _tracked(made: Made, event: str) -> list[dict[str, Any]]:
    return [message for message in made.messages if message.get("event") == event]
