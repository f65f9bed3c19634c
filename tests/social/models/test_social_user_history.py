"""core.dim_social_user: who a user said they were at any instant, however late and in whatever order calls arrive."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.social.models import oracle
from tests.social.models.building import Network
from tests.social.models.rows import (
    INSTANTS,
    MICROSECOND,
    Row,
    Rows,
    at,
    follow,
    identify,
    networks,
    other,
    post,
    staged,
    unfollow,
)

TABLE = "core.dim_social_user"
OPEN = datetime.fromisoformat("9999-12-31")
ATTRIBUTES = ("is_identified", "username", "email", "about_me", "traits")


# A failure names its user, so nothing is shrunk.
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(rows=networks())
def test_every_instant_finds_the_profile_of_the_calls_up_to_it(network: Network, rows: Rows) -> None:
    network.build(rows, TABLE)
    periods = network.rows(TABLE, "user_id, version")
    seen = oracle.sightings(rows)
    assert {row["user_id"] for row in periods} == set(seen)
    for user, first in seen.items():
        mine = [row for row in periods if row["user_id"] == user]
        assert mine[0]["valid_from"] == first
        for instant in sorted({moment + step for moment in INSTANTS for step in (-MICROSECOND, MICROSECOND * 0)}):
            found = [oracle.Profile(*_state(row)) for row in mine if row["valid_from"] <= instant < row["valid_to"]]
            expected = [oracle.profile_at(rows, user, instant)] if instant >= first else []
            assert found == expected, (user, instant)


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(rows=networks())
def test_periods_are_numbered_touch_and_differ(network: Network, rows: Rows) -> None:
    network.build(rows, TABLE)
    periods = network.rows(TABLE, "user_id, version")
    for user in {row["user_id"] for row in periods}:
        mine = [row for row in periods if row["user_id"] == user]
        assert [row["version"] for row in mine] == list(range(1, len(mine) + 1))
        for earlier, later in pairwise(mine):
            assert earlier["valid_to"] == later["valid_from"]
            assert _state(earlier) != _state(later)
        assert [row["is_current"] for row in mine] == [False] * (len(mine) - 1) + [True]
        assert mine[-1]["valid_to"] == OPEN


def test_what_a_call_leaves_out_keeps_its_earlier_value(network: Network) -> None:
    first, second = history(
        network,
        identify("ann", at(1), username="ann", traits='{"city": "Bern"}'),
        identify("ann", at(2), email="ann@example.org"),
    )
    assert _state(first) == (True, "ann", None, None, '{"city": "Bern"}')
    assert _state(second) == (True, "ann", "ann@example.org", None, '{"city": "Bern"}')


def test_an_emptied_attribute_is_a_value(network: Network) -> None:
    rows = history(network, identify("ann", at(1), about_me="Hi"), identify("ann", at(2), about_me=""))
    assert [row["about_me"] for row in rows] == ["Hi", ""]


def test_calls_that_change_nothing_make_no_period(network: Network) -> None:
    [row] = history(
        network,
        *(identify("ann", at(minute), username="ann", email=None) for minute in range(5)),
        follow("ann", "bob", at(9)),
    )
    assert (row["valid_from"], row["valid_to"], row["version"], row["is_current"]) == (at(0), OPEN, 1, True)


def test_a_value_that_comes_back_begins_a_period_of_its_own(network: Network) -> None:
    rows = history(network, *(identify("ann", at(minute), username=name) for minute, name in enumerate("aba")))
    assert [row["username"] for row in rows] == ["a", "b", "a"]
    assert [row["version"] for row in rows] == [1, 2, 3]


def test_a_late_call_takes_its_place_in_time(network: Network) -> None:
    rows = history(
        network,
        identify("ann", at(1), username="first"),
        identify("ann", at(3), username="third"),
        identify("ann", at(2), username="second", received_at=at(9_999), source_object="much later"),
    )
    assert [row["username"] for row in rows] == ["first", "second", "third"]


def test_of_calls_at_one_instant_the_last_received_counts_and_unknown_receipt_is_last(network: Network) -> None:
    rows = history(
        network,
        identify("ann", at(1), username="later", received_at=at(6), source_object="a"),
        identify("ann", at(1), username="sooner", received_at=at(5), source_object="b", email="kept"),
        identify("bob", at(1), username="unknown", received_at=None, source_object="a"),
        identify("bob", at(1), username="known", received_at=at(5), source_object="b"),
    )
    assert [(row["username"], row["email"]) for row in rows] == [("later", "kept"), ("unknown", None)]


@pytest.mark.parametrize(
    ("sight", "user"),
    [
        pytest.param(follow("ann", "bob", at(0)), "ann", id="follower"),
        pytest.param(follow("bob", "ann", at(0)), "ann", id="followed"),
        pytest.param(unfollow("bob", "ann", at(0)), "ann", id="unfollowed"),
        pytest.param(unfollow("ann", "bob", at(0)), "ann", id="unfollower"),
        pytest.param(post("ann", at(5), published_at=at(0)), "ann", id="post dated before its message"),
        pytest.param(post("ann", at(0), published_at=at(5)), "ann", id="post dated after its message"),
        pytest.param(other("ann", at(0)), "ann", id="any other event"),
    ],
)
def test_history_begins_at_first_sight(network: Network, sight: Row, user: str) -> None:
    network.build(staged([sight, identify("ann", at(7), username="Ann")]), TABLE)
    rows = [row for row in network.rows(TABLE, "user_id, version") if row["user_id"] == user]
    assert [(row["valid_from"], row["is_identified"], row["username"]) for row in rows] == [
        (at(0), False, None),
        (at(7), True, "Ann"),
    ]


def test_a_call_without_attributes_identifies_all_the_same(network: Network) -> None:
    rows = history(network, other("ann", at(0)), identify("ann", at(1)))
    assert [row["is_identified"] for row in rows] == [False, True]


def test_events_after_or_with_the_first_call_add_no_period(network: Network) -> None:
    [row] = history(network, other("ann", at(0)), identify("ann", at(0), username="Ann"), other("ann", at(3)))
    assert (row["is_identified"], row["valid_from"]) == (True, at(0))


def test_anonymous_events_make_no_user(network: Network) -> None:
    assert history(network, other(None, at(0))) == []


def test_keys_of_earlier_periods_stay_when_calls_are_added(network: Network) -> None:
    calls = [identify("ann", at(minute), username=str(minute)) for minute in range(0, 50, 10)]
    before = {row["user_key"] for row in history(network, *calls)}
    late = [identify("ann", at(5), username="late"), identify("ann", at(40) + MICROSECOND, username="same second")]
    after = {row["user_key"] for row in history(network, *calls, *late)}
    assert before < after
    assert before >= {"ann@20260301000000.1", "ann@20260301001000.1"}
    assert after - before == {"ann@20260301000500.1", "ann@20260301004000.2"}


def test_the_order_of_arrival_decides_nothing(network: Network) -> None:
    events = [
        *(
            identify(user, at(minute * 7 % 97), username=str(minute % 3))
            for user in ("ann", "bob")
            for minute in range(40)
        ),
        *(post("ann", at(minute), post_id=f"p{minute % 4}", body=str(minute)) for minute in range(12)),
        *(turn("ann", "bob", at(minute)) for minute in range(20) for turn in (follow, unfollow) if minute % 3),
    ]
    named = [{**event, "message_id": f"m{number}"} for number, event in enumerate(events)]
    tables = (TABLE, "core.fact_social_follow", "core.fact_social_post", "gold.social_user_summary")
    outcomes = []
    for arrivals in (named, named[::-1], named[1::3] + named[::3] + named[2::3]):
        delivered = [
            {**event, "source_object": f"o{place // 9}", "record_offset": place % 9}
            for place, event in enumerate(arrivals)
        ]
        network.build(staged(delivered), *tables)
        outcomes.append([network.rows(table, "1, 2, 3") for table in tables])
    assert outcomes[0] == outcomes[1] == outcomes[2]


def history(network: Network, *events: Row) -> list[dict[str, Any]]:
    """The periods of all identified or acting users but bob the bystander, in order."""
    network.build(staged(events), TABLE)
    rows = network.rows(TABLE, "user_id, version")
    actors = {event["user_id"] for event in events}
    return [row for row in rows if row["user_id"] in actors]


def _state(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ATTRIBUTES)
