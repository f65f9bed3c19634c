"""Identities, sessions, active users, retention, acquisition, reactions and suggestions against counting by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.social.models import audience, oracle
from tests.social.models.building import Network
from tests.social.models.rows import (
    MICROSECOND,
    START,
    Row,
    Rows,
    alias,
    at,
    follow,
    identify,
    like,
    networks,
    other,
    post,
    staged,
    visits,
)

IDENTITY = "core.bridge_social_identity"
SESSIONS = "gold.social_sessions"
DAY = 24 * 60

examples = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@examples
@given(rows=visits())
def test_people_and_their_visits_are_those_found_by_hand(network: Network, rows: Rows) -> None:
    network.load(rows)
    for key in ("core.dim_social_user", IDENTITY, "core.fact_social_event", SESSIONS, "gold.social_visitors"):
        network.make(key)
    assert {row["id"]: row["user_id"] for row in network.rows(IDENTITY)} == audience.identities(rows)
    expected = audience.sessions(rows)
    found = [{name: row[name] for name in expected[0]} for row in network.rows(SESSIONS)] if expected else []
    assert sorted(found, key=lambda row: (row["person_id"], row["number"])) == expected
    people = audience.visitors(rows)
    found = [{name: row[name] for name in people[0]} for row in network.rows("gold.social_visitors")] if people else []
    assert sorted(found, key=lambda row: row["person_id"]) == people
    for key in ("gold.social_acquisition", "gold.social_known_funnel"):
        network.make(key)
    by = ("week_start", "campaign_name", "referrer_host", "device")
    steps = ("visitors", "became_known", "took_part", "came_back")
    assert {
        tuple(row[name] for name in by): tuple(row[name] for name in steps)
        for row in network.rows("gold.social_acquisition")
    } == audience.acquisition(rows)
    funnel = network.rows("gold.social_known_funnel")
    assert {(row["week_start"], row["step_name"]): row["people"] for row in funnel} == audience.funnel(rows)


@examples
@given(rows=visits())
def test_active_users_and_cohorts_are_those_found_by_hand(network: Network, rows: Rows) -> None:
    network.load(rows)
    names = ("user_days", "active_users", "weekly_growth", "retention")
    for key in ("core.dim_social_user", IDENTITY, "core.fact_social_event", *(f"gold.social_{name}" for name in names)):
        network.make(key)
    days, daily, weekly, cohorts = (network.rows(f"gold.social_{name}", "1, 2") for name in names)
    assert {
        (row["user_id"], row["date"]): (row["events"], row["posts"], row["reactions"]) for row in days
    } == audience.user_days(rows)
    assert [tuple(row.values())[:4] for row in daily] == audience.active_users(rows)
    assert [tuple(row.values())[:6] for row in weekly] == audience.growth(rows)
    assert [row["is_complete"] for row in weekly] == [True] * (len(weekly) - 1) + [False] * bool(weekly)
    assert {
        (row["cohort_week"], row["weeks_since"]): (row["cohort_users"], row["active_users"]) for row in cohorts
    } == audience.retention(rows)


@examples
@given(rows=networks())
def test_reactions_and_suggestions_are_those_found_by_hand(network: Network, rows: Rows) -> None:
    network.build(rows, "gold.social_post_reactions", "gold.social_who_to_follow")
    names = ("reactions", "reactions_first_day", "reactions_of_followers")
    assert {
        row["post_id"]: tuple(row[name] for name in names) for row in network.rows("gold.social_post_reactions")
    } == audience.reactions(rows)
    suggested = network.rows("gold.social_who_to_follow", "user_id, rank")
    for user in oracle.sightings(rows):
        mine = [tuple(row.values())[2:] for row in suggested if row["user_id"] == user]
        assert mine == audience.suggestions(rows, user), user


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([identify("ann", at(0), anonymous_id="a")], {"a": "ann"}),
        ([identify("ann", at(5), anonymous_id="a"), identify("bob", at(9), anonymous_id="a")], {"a": "ann"}),
        ([identify("ann", at(5), anonymous_id="a"), alias("a", "bob", at(1))], {"a": "bob"}),
        ([alias("old", "new", at(0)), identify("old", at(9), anonymous_id="a")], {"old": "new", "a": "new"}),
        ([alias("a", "b", at(0)), alias("b", "c", at(1))], {"a": "c", "b": "c"}),
        ([alias("a", "b", at(1)), alias("b", "c", at(0))], {"a": "b", "b": "c"}),
        ([alias("a", "b", at(0)), alias("b", "a", at(1))], {"b": "a"}),
        ([alias("a", "b", at(0)), alias("a", "c", at(1))], {"a": "c"}),
        ([alias("a", "a", at(0)), identify("b", at(0), anonymous_id="b")], {}),
    ],
)
def test_an_id_is_whose_it_was_said_to_be(network: Network, calls: list[Row], expected: dict[str, str]) -> None:
    network.build(staged(calls), IDENTITY)
    assert {row["id"]: row["user_id"] for row in network.rows(IDENTITY)} == expected
    assert audience.identities(staged(calls)) == expected


def test_more_renames_than_are_followed_are_told_of(network: Network) -> None:
    network.load(staged([alias(f"u{n}", f"u{n + 1}", at(n)) for n in range(5)]))
    assert network.make(IDENTITY) == ["every_rename_is_followed"]
    [first, *_] = network.rows(IDENTITY, "id")
    assert (first["id"], first["user_id"], first["is_settled"]) == ("u0", "u4", False)


def test_what_a_browser_did_before_its_user_was_known_is_the_users(network: Network) -> None:
    campaign = {"campaign_source": "letter", "campaign_medium": "email", "campaign_name": "spring"}
    calls = [
        other(None, at(0), anonymous_id="a", referrer="https://News.example/x?y", device="analytics.js"),
        other(None, at(10), anonymous_id="a", **campaign),
        identify("ann", at(20), anonymous_id="a"),
        post("ann", at(50) + MICROSECOND, device="ios"),
        follow("ann", "bob", at(2 * DAY)),
        other(None, at(3 * DAY), anonymous_id="stranger"),
    ]
    network.build(staged(calls), "gold.social_acquisition", "gold.social_known_funnel")
    visits_ = [tuple(row.values())[2:8] for row in network.rows(SESSIONS, "person_id, number")]
    assert visits_ == [
        (1, True, at(0), at(20), 1200, 3),
        (2, True, at(50) + MICROSECOND, at(50) + MICROSECOND, 0, 1),
        (3, True, at(2 * DAY), at(2 * DAY), 0, 1),
        (1, False, at(3 * DAY), at(3 * DAY), 0, 1),
    ]
    [ann, stranger] = network.rows("gold.social_visitors", "person_id")
    assert [ann[name] for name in ("campaign_name", "referrer_host", "device")] == ["spring", "news.example", "web"]
    assert (ann["was_anonymous"], ann["known_at"], ann["came_back_at"]) == (True, at(20), at(2 * DAY))
    assert (stranger["was_anonymous"], stranger["known_at"]) == (True, None)
    steps = network.rows("gold.social_known_funnel", "week_start, step")
    assert [
        (row["step_name"], row["people"]) for row in steps if row["week_start"] == audience.monday(START.date())
    ] == [
        ("seen", 1),
        ("known", 1),
        ("taking part", 1),
        ("back", 1),
    ]


def test_who_stays_away_a_week_is_lost_and_comes_back(network: Network) -> None:
    monday = 1 * DAY  # START is a Sunday
    days = {"ann": (0, 1, 2, 5), "bob": (1, 2), "cy": (5,)}
    calls = [other(user, at(monday + 7 * DAY * week)) for user, weeks in days.items() for week in weeks]
    network.build(staged(calls), "gold.social_weekly_growth", "gold.social_active_users")
    growth = [tuple(row.values())[1:] for row in network.rows("gold.social_weekly_growth", "week_start")]
    assert growth == [
        (1, 1, 0, 0, 0, True),
        (2, 1, 1, 0, 0, True),
        (2, 0, 2, 0, 0, True),
        (0, 0, 0, 0, 2, True),
        (0, 0, 0, 0, 0, True),
        (2, 1, 0, 1, 0, False),
    ]
    last = network.rows("gold.social_active_users", "date")[-1]
    assert (last["daily_active_users"], last["weekly_active_users"], last["monthly_active_users"]) == (2, 2, 3)
    assert last["stickiness"] == pytest.approx(2 / 3)


def test_likes_count_once_and_posts_without_any_are_there(network: Network) -> None:
    calls = [
        post("ann", at(0), post_id="p"),
        post("ann", at(0), post_id="quiet"),
        follow("bob", "ann", at(1)),
        like("bob", "p", at(2)),
        like("bob", "p", at(3)),
        like("cy", "p", at(0) + timedelta(days=1)),
        like("cy", "unseen", at(4)),
    ]
    network.build(staged(calls), "gold.social_post_reactions")
    rows = network.rows("gold.social_post_reactions", "post_id")
    assert [tuple(row.values())[3:] for row in rows] == [
        (2, 1, 1, at(2), at(0) + timedelta(days=1)),
        (0, 0, 0, None, None),
    ]
    assert len(network.rows("core.fact_social_reaction")) == 3
