"""core.fact_social_event and core.fact_social_post: nothing lost, nothing twice, always the right author's row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.social.models import oracle
from tests.social.models.building import Network, models
from tests.social.models.rows import Rows, at, follow, identify, like, networks, other, post, staged, unfollow

from tributary.assets.social.event_types import EVENT_TYPES

EVENTS = "core.fact_social_event"
POSTS = "core.fact_social_post"
USERS = "core.dim_social_user"
IDENTITY = "core.bridge_social_identity"


# A difference names its row, so nothing is shrunk.
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(rows=networks())
def test_each_post_is_once_there_as_first_published_with_its_author_of_that_time(network: Network, rows: Rows) -> None:
    network.build(rows, POSTS)
    expected = oracle.first_posts(rows)
    authors = {row["user_key"]: row for row in network.rows(USERS)}
    found = {row["post_id"]: row for row in network.rows(POSTS)}
    assert set(found) == set(expected)
    for post_id, row in found.items():
        first = expected[post_id]
        author = authors[row["user_key"]]
        for name in ("message_id", "user_id", "published_at", "body"):
            assert row[name] == first[name], (post_id, name)
        assert author["user_id"] == row["user_id"]
        assert author["valid_from"] <= row["published_at"] < author["valid_to"]
        assert row["body_length"] == (None if row["body"] is None else len(row["body"]))
        assert row["date_key"] == int(f"{row['published_at']:%Y%m%d}")


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(rows=networks())
def test_every_message_of_every_table_is_an_event(network: Network, rows: Rows) -> None:
    network.build(rows, EVENTS)
    expected = {row["message_id"]: row for table in rows.values() for row in table}
    found = network.rows(EVENTS)
    assert sorted(row["message_id"] for row in found) == sorted(expected)
    for row in found:
        message = expected[row["message_id"]]
        assert (row["user_id"], row["occurred_at"]) == (message["user_id"], message["timestamp"])
        assert (row["received_at"], row["source_object"]) == (message["received_at"], message["source_object"])
        assert row["date_key"] == int(f"{row['occurred_at']:%Y%m%d}")


def test_events_are_named_for_what_they_are(network: Network) -> None:
    messages = [
        identify("ann", at(0)),
        post("ann", at(1)),
        follow("ann", "bob", at(2)),
        unfollow("ann", "bob", at(3)),
        other(None, at(4)),
        other(None, at(5), type="identify"),
        like("ann", "p", at(6), anonymous_id="phone"),
        other("ann", at(7), type="track", event=""),
    ]
    network.build(staged(messages), EVENTS)
    assert [(row["event_name"], row["type"], row["anonymous_id"]) for row in network.rows(EVENTS)] == [
        ("Identify", "identify", None),
        ("Post Created", "track", None),
        ("Follow User", "track", None),
        ("Unfollow User", "track", None),
        ("Page", "page", "browser"),
        ("Identify", "identify", "browser"),
        ("Post Liked", "track", "phone"),
        ("Track", "track", "browser"),
    ]


@pytest.mark.parametrize(("page", "post_"), [(("o2", 0), ("o1", 9)), (("o1", 9), ("o2", 0)), (("o1", 1), ("o1", 2))])
def test_a_message_id_of_two_kinds_of_message_is_the_event_delivered_first(
    network: Network, page: tuple[str, int], post_: tuple[str, int]
) -> None:
    messages = [
        other("ann", at(1), message_id="same", source_object=page[0], record_offset=page[1]),
        post("ann", at(2), message_id="same", source_object=post_[0], record_offset=post_[1]),
    ]
    network.build(staged(messages), EVENTS)
    [row] = network.rows(EVENTS)
    assert row["event_name"] == ("Page" if page < post_ else "Post Created")


def test_an_edited_post_stays_as_it_was_first_published(network: Network) -> None:
    messages = [
        post("ann", at(9), post_id="p", published_at=at(5), body="edited", source_object="a"),
        post("ann", at(5), post_id="p", body="first", source_object="z"),
        post("ann", at(3), post_id="p", published_at=at(7), body="wrongly dated", source_object="b"),
    ]
    network.build(staged(messages), POSTS)
    [row] = network.rows(POSTS)
    assert (row["body"], row["published_at"]) == ("first", at(5))


@pytest.mark.parametrize(
    "told",
    [
        pytest.param([{"when": at(2)}, {"when": at(1)}], id="by timestamp"),
        pytest.param([{"received_at": at(2)}, {"received_at": at(1)}], id="by receipt"),
        pytest.param([{}, {"received_at": at(1)}], id="unknown receipt last"),
        pytest.param([{"source_object": "b"}, {"source_object": "a"}], id="by object"),
        pytest.param([{"record_offset": 10}, {"record_offset": 9}], id="by offset"),
        pytest.param([{"message_id": mark, "record_offset": 1} for mark in "nm"], id="by message"),
    ],
)
def test_of_equal_dates_of_publication_the_second_of_these_is_the_first(
    network: Network, told: list[dict[str, Any]]
) -> None:
    messages = [
        post("ann", **{"when": at(1), "post_id": "p", "published_at": at(0), "body": str(place), **given_})
        for place, given_ in enumerate(told)
    ]
    network.build(staged(messages), POSTS)
    assert [row["body"] for row in network.rows(POSTS)] == ["1"]


@pytest.mark.parametrize(
    ("body", "length"), [(None, None), ("", 0), ("two words", 9), ("naïve 😀", 7), ('tab\tand\nline, "quoted" \\N', 25)]
)
def test_a_body_is_measured_in_characters_and_kept_as_it_is(
    network: Network, body: str | None, length: int | None
) -> None:
    network.build(staged([post("ann", at(0), body=body)]), POSTS)
    [row] = network.rows(POSTS)
    assert (row["body"], row["body_length"]) == (body, length)


def test_a_day_outside_of_the_calendar_warns_and_loses_nothing(network: Network) -> None:
    before, after = datetime.fromisoformat("1999-12-31T23:59"), datetime.fromisoformat("2150-01-01")
    network.load(staged([post("ann", before), other("ann", after)]))
    assert network.make(IDENTITY) == []
    assert network.make(USERS) == []
    assert network.make(EVENTS) == ["references_date_key_dim_date"]
    assert network.make(POSTS) == ["references_date_key_dim_date"]
    assert [row["date_key"] for row in network.rows(EVENTS)] == [19991231, 21500101]


def test_a_post_staged_after_the_users_were_made_is_kept_with_a_warning(network: Network) -> None:
    network.build(staged([post("ann", at(0))]))
    network.load(staged([post("ann", at(0)), post("bob", at(1))]))
    assert network.make(POSTS) == ["every_post_has_its_author"]
    assert [row["user_key"] is None for row in network.rows(POSTS)] == [False, True]


def test_every_event_type_counts_in_the_facts_and_shows_users() -> None:
    """A message with a table of its own is no longer among the others: what reads those must read it too."""
    for reader in ("core.fact_social_event", "core.dim_social_user"):
        lacking = {f"staged.{one.table}" for one in EVENT_TYPES} - set(models()[reader].reads)
        assert not lacking, f"{reader} needs a branch for {sorted(lacking)}"
