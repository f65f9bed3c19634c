"""What the sample holds of each kind of thing, counted in the objects, read anew."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

from tests.social.sample.conftest import Made
from tests.social.sample.reading import RAW, Delivery, late, pair_events, time_of

from tributary.assets.social.standin.damage import BROKEN_RECORDS

FOLLOW, UNFOLLOW = "Follow User", "Unfollow User"


def test_objects_records_and_bytes(made: Made) -> None:
    infos = list(made.lake.list(RAW))
    assert made.report.objects == len(infos)
    assert made.report.records == len(made.deliveries)
    assert 500 <= made.report.objects <= 900
    assert 30_000 <= made.report.records <= 60_000
    assert sum(info.size for info in infos) < 25_000_000


def test_duplicates_by_where(made: Made) -> None:
    found: Counter[str] = Counter()
    for again in made.deliveries:
        if again.message is None:
            continue
        first = made.firsts[again.good["messageId"]]
        if first is not again:
            assert again.raw == first.raw
            distance = again.number - first.number
            found["same_object" if distance == 0 else "next_object" if distance == 1 else "much_later"] += 1
    assert found == {"same_object": 30, "next_object": 20, "much_later": 10}


def test_much_later_is_days_later(made: Made) -> None:
    hours = {info.key: number for number, info in enumerate(made.lake.list(RAW))}
    distances = [
        hours[again.key] - made.firsts[again.good["messageId"]].number for again in made.deliveries if again.message
    ]
    assert sum(distance > len(hours) // 4 for distance in distances) == 10


def test_broken_records_by_kind(made: Made) -> None:
    bad = [found for found in made.deliveries if found.message is None]
    assert Counter(_wrong(found) for found in bad) == BROKEN_RECORDS
    assert 12 <= len(bad) <= 20


def test_a_half_written_record_is_the_last_and_whole_elsewhere(made: Made) -> None:
    halves = [found for found in made.deliveries if found.message is None and _wrong(found) == "half_written"]
    assert halves
    for half in halves:
        assert half.place == max(found.place for found in made.deliveries if found.number == half.number)
        assert any(whole.raw.startswith(half.raw) for whole in made.firsts.values())


def test_late_and_skewed_messages(made: Made) -> None:
    assert sum(late(message) > timedelta(minutes=1) for message in made.messages) > 50
    ahead = [time_of(message["sentAt"]) - time_of(message["receivedAt"]) for message in made.messages]
    assert sum(abs(by) > timedelta(seconds=45) for by in ahead) > 50


def test_ids_as_numbers(made: Made) -> None:
    numeric = [message for message in made.messages if isinstance(message.get("userId"), int)]
    assert len(numeric) > 50
    follows = [message for message in numeric if message.get("event") == FOLLOW]
    assert follows
    assert all(isinstance(message["properties"]["user_id"], int) for message in follows)


def test_double_follows_and_unfollows_before_follow(made: Made) -> None:
    doubled = premature = 0
    for events in pair_events(made.messages).values():
        following = False
        for event in events:
            doubled += following and event == FOLLOW
            premature += not following and event == UNFOLLOW
            following = event == FOLLOW
    assert doubled == 24
    assert premature == 10


def test_identifies_out_of_order(made: Made) -> None:
    latest: dict[str, str] = {}
    overtaken = set()
    identifies = [message for message in made.messages if message["type"] == "identify"]
    for message in sorted(identifies, key=lambda message: str(message["receivedAt"])):
        user = str(message["userId"])
        if message["timestamp"] < latest.get(user, ""):
            overtaken.add(user)
        latest[user] = max(latest.get(user, ""), message["timestamp"])
    assert len(overtaken) >= 8


def _wrong(found: Delivery) -> str:
    """What is wrong with a broken record, judged by its bytes."""
    try:
        content = json.loads(found.raw)
    except UnicodeDecodeError:
        return "invalid_utf8"
    except ValueError:
        return "half_written" if found.raw.startswith(b"{") else "junk_line"
    if not isinstance(content, dict):
        return "not_an_object"
    if content["timestamp"] == "yesterday":
        return "bad_timestamp"
    return "missing_user_id" if content.get("event") == FOLLOW else "unknown_type"
