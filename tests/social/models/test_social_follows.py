"""core.fact_social_follow and gold.social_follower_history against a state machine for each pair."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.social.models import oracle
from tests.social.models.building import Network
from tests.social.models.rows import MICROSECOND, Row, Rows, at, follow, identify, pairs, staged, unfollow

FOLLOWS = "core.fact_social_follow"
HISTORY = "gold.social_follower_history"
PAIR = ("ann", "bob")


# A difference names its pair, so nothing is shrunk.
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(rows=pairs())
def test_intervals_are_those_of_a_replay(network: Network, rows: Rows) -> None:
    network.build(rows, FOLLOWS, HISTORY)
    found = {
        oracle.Following(
            row["follower_id"],
            row["followee_id"],
            row["followed_at"],
            row["unfollowed_at"],
            row["follow_message_id"],
            row["unfollow_message_id"],
        )
        for row in network.rows(FOLLOWS)
    }
    assert found == set(oracle.followings(rows))
    history = {
        (row["user_id"], row["date"]): (row["followers"], row["gained"], row["lost"]) for row in network.rows(HISTORY)
    }
    assert history == oracle.followers_by_day(rows)


@pytest.mark.parametrize(
    ("events", "minutes"),
    [
        pytest.param([follow(*PAIR, at(1))], [(1, None)], id="a follow lasts"),
        pytest.param([follow(*PAIR, at(1)), unfollow(*PAIR, at(4))], [(1, 4)], id="until the unfollow"),
        pytest.param(
            [follow(*PAIR, at(1)), follow(*PAIR, at(2)), unfollow(*PAIR, at(4))], [(1, 4)], id="double follow"
        ),
        pytest.param(
            [follow(*PAIR, at(1)), unfollow(*PAIR, at(2)), unfollow(*PAIR, at(3))], [(1, 2)], id="double unfollow"
        ),
        pytest.param([unfollow(*PAIR, at(1)), follow(*PAIR, at(2))], [(2, None)], id="unfollow before any follow"),
        pytest.param([unfollow(*PAIR, at(1))], [], id="unfollow alone"),
        pytest.param([unfollow(*PAIR, at(4)), follow(*PAIR, at(1))], [(1, 4)], id="arrived in the wrong order"),
        pytest.param([follow(*PAIR, at(1)), unfollow(*PAIR, at(1))], [(1, None)], id="both at one instant"),
        pytest.param(
            [unfollow(*PAIR, at(1)), follow(*PAIR, at(1))], [(1, None)], id="both at one instant, other arrival"
        ),
        pytest.param(
            [follow(*PAIR, at(0)), follow(*PAIR, at(2)), unfollow(*PAIR, at(2))],
            [(0, 2), (2, None)],
            id="both at one instant while following",
        ),
        pytest.param(
            [follow(*PAIR, at(1)), unfollow(*PAIR, at(2)), follow(*PAIR, at(3)), unfollow(*PAIR, at(5))],
            [(1, 2), (3, 5)],
            id="again and again",
        ),
        pytest.param(
            [follow(*PAIR, at(1)), unfollow("bob", "ann", at(2))], [(1, None)], id="the reverse pair is another"
        ),
        pytest.param([follow("ann", "ann", at(1)), unfollow("ann", "ann", at(2))], [(1, 2)], id="following oneself"),
        pytest.param([follow("é😀", "'\"", at(1))], [(1, None)], id="any user ids"),
    ],
)
def test_a_follow_lasts_from_the_first_follow_to_the_next_unfollow(
    network: Network, events: Sequence[Row], minutes: list[tuple[int, int | None]]
) -> None:
    network.build(staged(events), FOLLOWS)
    expected = [(at(begin), None if end is None else at(end)) for begin, end in minutes]
    rows = network.rows(FOLLOWS, "followed_at")
    assert [(row["followed_at"], row["unfollowed_at"]) for row in rows] == expected
    assert [row["is_current"] for row in rows] == [end is None for _, end in minutes]
    assert [row["seconds_followed"] for row in rows] == [
        None if end is None else 60 * (end - begin) for begin, end in minutes
    ]


def test_at_one_instant_the_first_delivered_of_two_follows_begins_it(network: Network) -> None:
    network.build(
        staged([follow(*PAIR, at(1), source_object="o2"), follow(*PAIR, at(1), source_object="o1")]),
        FOLLOWS,
    )
    [row] = network.rows(FOLLOWS)
    assert row["follow_message_id"] == "m00001"


def test_seconds_are_whole(network: Network) -> None:
    network.build(staged([follow(*PAIR, at(0) + MICROSECOND), unfollow(*PAIR, at(1) - MICROSECOND)]), FOLLOWS)
    [row] = network.rows(FOLLOWS)
    assert row["seconds_followed"] == 60


def test_followers_at_the_end_of_each_day_with_a_change(network: Network) -> None:
    day = 24 * 60
    network.build(
        staged(
            [
                follow("ann", "eve", at(1)),
                follow("bob", "eve", at(2)),
                unfollow("bob", "eve", at(3)),
                unfollow("ann", "eve", at(3 * day)),
                follow("bob", "eve", at(3 * day)),
                identify("eve", at(9 * day)),
            ]
        ),
        HISTORY,
    )
    rows = network.rows(HISTORY, "date")
    assert [(row["date"].day, row["followers"], row["gained"], row["lost"]) for row in rows] == [
        (1, 1, 2, 1),
        (4, 1, 1, 1),
    ]
