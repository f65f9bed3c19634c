"""The live stream goes on with the sample's people, at its rate, and repeats itself exactly when asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from tests.social.sample.conftest import UNTIL, Made
from tests.social.sample.reading import pair_events, time_of

from tributary.assets.social.standin import DEFAULT_SEED, SampleError
from tributary.assets.social.standin.live import live_events

START = UNTIL + timedelta(hours=2, milliseconds=345)
COUNT = 4_000


@pytest.fixture(scope="module")
def live() -> list[tuple[float, dict[str, Any]]]:
    return list(islice(live_events(DEFAULT_SEED, START, rate=2), COUNT))


def test_the_same_arguments_give_the_same_stream(live: list[tuple[float, dict[str, Any]]]) -> None:
    assert list(islice(live_events(DEFAULT_SEED, START, rate=2), 200)) == live[:200]


def test_another_start_gives_other_messages(live: list[tuple[float, dict[str, Any]]]) -> None:
    other = islice(live_events(DEFAULT_SEED, START + timedelta(seconds=1), rate=2), 200)
    assert {message["messageId"] for _, message in other}.isdisjoint(message["messageId"] for _, message in live)


def test_waits_have_the_mean_of_the_rate_and_timestamps_follow_them(live: list[tuple[float, dict[str, Any]]]) -> None:
    assert 0.45 < sum(wait for wait, _ in live) / len(live) < 0.55
    now = START
    for wait, message in live:
        assert 0 <= wait <= 4
        now += timedelta(seconds=wait)
        assert abs(time_of(message["timestamp"]) - now) < timedelta(milliseconds=2)


def test_messages_are_those_of_a_library(live: list[tuple[float, dict[str, Any]]]) -> None:
    for _, message in live:
        assert message["type"] in ("track", "identify", "page", "screen", "group")
        assert isinstance(message.get("userId") or message.get("anonymousId"), str)
        assert "receivedAt" not in message
        assert message["type"] != "track" or message["event"]
    assert len({message["messageId"] for _, message in live}) == COUNT


def test_the_people_are_the_samples_and_ids_are_new(made: Made, live: list[tuple[float, dict[str, Any]]]) -> None:
    emails = {m["traits"]["email"]: str(m["userId"]) for m in made.messages if "email" in m.get("traits", {})}
    for _, message in live:
        email = message.get("traits", {}).get("email")
        assert emails.get(email, message.get("userId")) == message.get("userId")
    users = {str(message["userId"]) for message in made.messages if "userId" in message}
    acting = {message["userId"] for _, message in live if "userId" in message}
    assert len(acting & users) > 0.95 * len(acting) > 100
    assert made.firsts.keys().isdisjoint(message["messageId"] for _, message in live)


def test_follows_and_unfollows_go_on_from_the_sample(made: Made, live: list[tuple[float, dict[str, Any]]]) -> None:
    before = pair_events(made.messages)
    seen = 0
    for pair, events in pair_events([message for _, message in live]).items():
        following = before.get(pair, ["Unfollow User"])[-1] == "Follow User"
        for event in events:
            assert following == (event == "Unfollow User")
            following = not following
            seen += 1
    assert seen > 200


def test_likes_are_of_posts_that_are_there(made: Made, live: list[tuple[float, dict[str, Any]]]) -> None:
    posts = {m["properties"]["post_id"] for m in made.messages if m.get("event") == "Post Created"}
    for _, message in live:
        if message.get("event") == "Post Created":
            posts.add(message["properties"]["post_id"])
        elif message.get("event") == "Post Liked":
            assert message["properties"]["post_id"] in posts


@pytest.mark.parametrize("rate", [0, -1, 1e9, float("nan")])
def test_a_rate_that_cannot_be_is_refused(rate: float) -> None:
    with pytest.raises(SampleError, match="messages a second"):
        live_events(DEFAULT_SEED, START, rate=rate)


def test_a_start_without_time_zone_is_refused() -> None:
    with pytest.raises(SampleError, match="time zone"):
        live_events(DEFAULT_SEED, datetime(2025, 1, 1, tzinfo=UTC).replace(tzinfo=None))
