"""The gold tables: what was held each month, by whom, where, and what any range of months sums to."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from tests.meetup.models import oracle
from tests.meetup.models.building import Meetup
from tests.meetup.models.rows import FIRST, Row, Rows, event, group, online, staged, topic, venue, worlds

DECEMBER, JANUARY, FEBRUARY, MARCH = date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(rows=worlds())
def test_all_summaries_are_what_a_loop_over_the_events_finds(meetup: Meetup, rows: Rows) -> None:
    meetup.build(rows)
    held = oracle.held(rows)
    _months_are(meetup, rows)
    heat = meetup.rows("gold.meetup_heatmap")
    assert {
        (row["month_start"], row["lat"], row["lon"]): (row["events"], row["yes_rsvps"]) for row in heat
    } == oracle.heat(rows)
    _tops_are(meetup.rows("gold.meetup_top_groups"), held, "group_id", lambda told: told["group_id"])
    placed = [told for told in held if oracle.main_venue(rows, told) not in ("online", "unknown")]
    _tops_are(
        meetup.rows("gold.meetup_top_venues"),
        placed,
        "venue_key",
        lambda told: oracle.place(rows, oracle.main_venue(rows, told)),
    )
    assert {row["event_id"]: row["yes_rsvps"] for row in meetup.rows("gold.meetup_top_events")} == {
        told["event_id"]: told["yes_rsvps"] or 0 for told in held
    }
    _events_are(meetup, rows)
    for table in ("groups", "venues", "events"):
        _are_ranked(meetup.rows(f"gold.meetup_top_{table}", "month_start, rank_in_month"), table)
    assert [row["group_id"] for row in meetup.rows("gold.meetup_group_directory")] == sorted(oracle.group_ids(rows))


def test_months_without_events_are_there_and_cancelled_events_are_not_held(meetup: Meetup) -> None:
    meetup.build(
        staged(
            [
                event("a", "g1", FIRST, venue("1"), yes_rsvps=3, waitlist=2, attended=1),
                event("b", "g1", FIRST, yes_rsvps=100, waitlist=50, is_cancelled=True),
                event("c", "g2", FIRST, online(), event_type="ONLINE", yes_rsvps=None),
                event("d", "g1", MARCH, is_cancelled=True),
            ]
        )
    )
    months = [tuple(row.values()) for row in meetup.rows("gold.meetup_events_by_month")]
    assert months == [
        (DECEMBER, 2, 1, 1, 1, 2, 3, 2, 1),
        (JANUARY, 0, 0, 0, 0, 0, 0, 0, 0),
        (FEBRUARY, 0, 0, 0, 0, 0, 0, 0, 0),
        (MARCH, 0, 0, 0, 1, 0, 0, 0, 0),
    ]
    groups = meetup.rows("gold.meetup_top_groups", "month_start, rank_in_month")
    assert [(row["group_id"], row["events"], row["cancelled_events"], row["yes_rsvps"]) for row in groups] == [
        ("g1", 1, 1, 3),
        ("g2", 1, 0, 0),
        ("g1", 0, 1, 0),
    ]
    assert {row["event_id"] for row in meetup.rows("gold.meetup_top_events")} == {"a", "c"}


def test_groups_and_events_rank_by_answers_and_venues_by_events(meetup: Meetup) -> None:
    few, many = venue("few"), venue("many")
    meetup.build(
        staged(
            [
                event("a", "big", FIRST, few, yes_rsvps=9, attended=1),
                event("b", "small", FIRST, many, yes_rsvps=4),
                event("c", "small", FIRST, many, yes_rsvps=4),
                event("d", "alike", FIRST, yes_rsvps=9, attended=2),
                event("e", "small", JANUARY, few, yes_rsvps=1),
            ]
        )
    )
    tops = {"groups": "group_id", "events": "event_id", "venues": "venue_key"}
    ranked = {
        table: [row[name] for row in meetup.rows(f"gold.meetup_top_{table}", "month_start, rank_in_month")]
        for table, name in tops.items()
    }
    assert ranked == {
        "groups": ["alike", "big", "small", "small"],
        "events": ["d", "a", "b", "c", "e"],
        "venues": ["many", "few", "few"],
    }


def test_coordinates_are_rounded_to_hundredths_and_neighbours_share_a_cell(meetup: Meetup) -> None:
    meetup.build(
        staged(
            [
                event("a", "g1", FIRST, venue("1", lat=37.774, lon=-122.419), yes_rsvps=2),
                event("b", "g1", FIRST, venue("2", lat=37.7651, lon=-122.4151), yes_rsvps=3),
                event("c", "g1", JANUARY, venue("2", lat=37.7651, lon=-122.4151), yes_rsvps=4),
                event("d", "g1", FIRST, venue("3", lat=-0.004, lon=0.004), yes_rsvps=None),
                event("e", "g1", FIRST, venue("4", lat=None, lon=None)),
            ]
        ),
        "gold.meetup_heatmap",
    )
    assert [tuple(row.values()) for row in meetup.rows("gold.meetup_heatmap", "1, 2")] == [
        (DECEMBER, 0.0, 0.0, 1, 0),
        (DECEMBER, 37.77, -122.42, 2, 5),
        (JANUARY, 37.77, -122.42, 1, 4),
    ]


def test_the_directory_tells_of_each_group_as_it_is_now(meetup: Meetup) -> None:
    found = directory(
        meetup,
        group("g1", FIRST, name="Old", members=5),
        group("g1", JANUARY, name="New", members=6, city="Bern"),
        topic("g1", FIRST, "1", topic="Left"),
        topic("g1", JANUARY, "2", topic="Python"),
        topic("g1", JANUARY, "3", topic="Data"),
        event("a", "g1", FIRST, yes_rsvps=4),
        event("b", "g1", JANUARY, yes_rsvps=5),
        event("c", "g1", FEBRUARY, yes_rsvps=None),
        event("d", "g1", MARCH, yes_rsvps=900, is_cancelled=True),
        group("quiet", FIRST, members=None),
        event("e", "heard of", MARCH, group_urlname="heard-of"),
    )
    names = ("name", "city", "members", "topics", "events_held", "events_cancelled", "last_event_on")
    assert [found["g1"][name] for name in names] == ["New", "Bern", 6, "Data, Python", 3, 1, FEBRUARY]
    assert found["g1"]["average_yes_rsvps"] == 4.5
    assert [found["quiet"][name] for name in names[2:]] == [None, None, 0, 0, None]
    assert (found["heard of"]["name"], found["heard of"]["is_inferred"]) == ("heard-of", True)


def test_the_directory_keeps_the_last_number_of_members_that_was_told(meetup: Meetup) -> None:
    found = directory(meetup, group("g1", FIRST, members=5), group("g1", JANUARY, members=None))
    assert found["g1"]["members"] == 5


def test_events_whose_dimensions_are_late_count_all_the_same(meetup: Meetup) -> None:
    meetup.build(staged([]))
    rows = staged([group("g1", FIRST), event("a", "g1", FIRST, venue("1"), yes_rsvps=7)])
    meetup.load(rows)
    meetup.make("core.fact_meetup_event", FIRST, FIRST + timedelta(days=1))
    for table in ("events_by_month", "top_groups", "top_events", "top_venues"):
        meetup.make(f"gold.meetup_{table}")
    [month] = meetup.rows("gold.meetup_events_by_month")
    assert (month["events"], month["yes_rsvps"], month["located_events"]) == (1, 7, 0)
    [top] = meetup.rows("gold.meetup_top_groups")
    assert (top["group_id"], top["name"], top["yes_rsvps"]) == ("g1", "g1", 7)
    [top] = meetup.rows("gold.meetup_top_events")
    assert (top["event_id"], top["title"], top["group_name"], top["venue_key"]) == ("a", "a", "g1", "unknown")
    assert meetup.rows("gold.meetup_top_venues") == []


def directory(meetup: Meetup, *rows: Row | list[Row]) -> dict[str, dict[str, Any]]:
    """The directory made of these rows, by group."""
    meetup.build(staged(rows), "gold.meetup_group_directory")
    return {row["group_id"]: row for row in meetup.rows("gold.meetup_group_directory")}


def _months_are(meetup: Meetup, rows: Rows) -> None:
    found = {row.pop("month_start"): row for row in meetup.rows("gold.meetup_events_by_month")}
    expected = oracle.by_month(rows)
    assert {month: row for month, row in found.items() if month in expected} == expected
    assert all(not any(row.values()) for month, row in found.items() if month not in expected)
    for earlier, later in pairwise(sorted(found)):
        assert later == (earlier + timedelta(days=31)).replace(day=1)


def _events_are(meetup: Meetup, rows: Rows) -> None:
    """Each event is one row, from which the months, the map and the tops can be summed up anew."""
    found = {row["event_id"]: row for row in meetup.rows("gold.meetup_events")}
    expected = {}
    for told in rows["meetup_events"]:
        main = oracle.main_venue(rows, told)
        lat, lon = oracle.coordinates(rows, main) or (None, None)
        expected[told["event_id"]] = {
            "local_date": told["local_date"],
            "local_hour": told["local_start"] and told["local_start"].hour,
            "title": told["title"],
            "group_id": told["group_id"],
            "group_name": oracle.profile_on(rows, told["group_id"], date(2999, 1, 1))[0] or told["group_id"],
            "venue_key": main if main in ("online", "unknown") else oracle.place(rows, main),
            "lat": lat,
            "lon": lon,
            **{name: told[name] or 0 for name in ("yes_rsvps", "waitlist", "attended")},
            "fee": told["fee_amount"],
            "is_online": oracle.is_online(told),
            "is_cancelled": told["is_cancelled"],
        }
    assert {key: {name: row[name] for name in expected[key]} for key, row in found.items()} == expected


def _tops_are(found: list[dict[str, Any]], events: list[Row], name: str, key: Any) -> None:
    """Any range of months sums to what was drawn in it; so it is enough that each month does."""
    expected = {}
    for month, who in {(told["local_date"].replace(day=1), key(told)) for told in events}:
        expected[month, who] = oracle.drawn(
            told for told in events if told["local_date"].replace(day=1) == month and key(told) == who
        )
    drew = {(row["month_start"], row[name]): (row["events"], row["yes_rsvps"], row["attended"]) for row in found}
    assert {key: numbers for key, numbers in drew.items() if numbers[0]} == expected


def _are_ranked(rows: list[dict[str, Any]], table: str) -> None:
    by = {
        "groups": ("yes_rsvps", "events"),
        "venues": ("events", "yes_rsvps"),
        "events": ("yes_rsvps", "attended"),
    }[table]
    for earlier, later in pairwise(rows):
        if earlier["month_start"] == later["month_start"]:
            assert later["rank_in_month"] == earlier["rank_in_month"] + 1
            assert [earlier[name] for name in by] >= [later[name] for name in by]
        else:
            assert later["rank_in_month"] == 1
