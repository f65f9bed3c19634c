"""gold.social_daily_activity and gold.social_user_summary against counting by hand."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from tests.social.models import oracle
from tests.social.models.building import Network, models
from tests.social.models.rows import MICROSECOND, Rows, at, follow, identify, networks, other, post, staged

DAILY = "gold.social_daily_activity"
SUMMARY = "gold.social_user_summary"
DAY = 24 * 60


# A difference names its day or user.
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(rows=networks())
def test_days_and_users_add_up_as_counted_by_hand(network: Network, rows: Rows) -> None:
    network.build(rows, DAILY, SUMMARY)
    assert network.rows(DAILY, "date") == oracle.daily_activity(rows)
    summaries = network.rows(SUMMARY, "user_id")
    assert {row["user_id"] for row in summaries} == set(oracle.sightings(rows))
    for row in summaries:
        assert row == oracle.user_summary(rows, row["user_id"])


def test_no_events_make_empty_tables(network: Network) -> None:
    network.build(staged([]))
    assert {key: network.rows(key) for key in models()} == {key: [] for key in models()}


def test_days_without_events_are_zeros_and_a_post_can_open_the_span(network: Network) -> None:
    network.build(staged([post("ann", at(3 * DAY), published_at=at(0)), other(None, at(4 * DAY))]), DAILY)
    rows = network.rows(DAILY, "date")
    assert [row["date"].day for row in rows] == [1, 2, 3, 4, 5]
    assert [row["posts"] for row in rows] == [1, 0, 0, 0, 0]
    assert [row["active_users"] for row in rows] == [0, 0, 0, 1, 0]
    assert [row["events"] for row in rows] == [0, 0, 0, 1, 1]


def test_users_are_new_once_and_returning_after(network: Network) -> None:
    days = [("ann", 0), ("ann", 0), ("ann", 2), ("bob", 2), (None, 2)]
    network.build(staged([other(user, at(day * DAY)) for user, day in days]), DAILY)
    rows = network.rows(DAILY, "date")
    assert [(row["active_users"], row["new_users"], row["returning_users"]) for row in rows] == [
        (1, 1, 0),
        (0, 0, 0),
        (2, 1, 1),
    ]


def test_who_is_only_followed_is_summarised_but_not_active(network: Network) -> None:
    network.build(staged([follow("ann", "bob", at(0))]), SUMMARY)
    ann, bob = network.rows(SUMMARY, "user_id")
    assert (bob["followers"], bob["days_active"], bob["last_active_at"], bob["username"]) == (1, 0, None, None)
    assert (ann["following"], ann["follows_made"], ann["days_active"]) == (1, 1, 1)


def test_the_last_seven_days_end_with_the_last_event(network: Network) -> None:
    last = at(20 * DAY)
    week_before = last - timedelta(days=7)
    published = [week_before, week_before + MICROSECOND, last, last + MICROSECOND]
    posts = [post("ann", at(0), published_at=when) for when in published]
    network.build(staged([*posts, identify("bob", last)]), SUMMARY)
    [ann, _] = network.rows(SUMMARY, "user_id")
    assert (ann["posts"], ann["posts_last_7_days"], ann["last_post_at"]) == (4, 2, last + MICROSECOND)


def test_names_that_differ_by_case_or_a_blank_are_told_of(network: Network) -> None:
    names = ["Follow User ", "follow_user", "Other"]
    rows = staged([follow("ann", "bob", at(0)), *(other("ann", at(1), type="track", event=name) for name in names)])
    network.build(rows, "core.fact_social_event")
    assert network.make("gold.social_event_names") == ["no_names_are_alike"]
    found = network.rows("gold.social_event_names")
    assert sorted(row["event_name"] for row in found if row["plain_name"] == "followuser") == [
        "Follow User",
        "Follow User ",
        "follow_user",
    ]
