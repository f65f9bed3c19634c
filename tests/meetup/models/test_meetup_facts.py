"""core.fact_meetup_event: every event is there, whatever is missing around it, and each of its keys finds one row."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from tests.meetup.models import oracle
from tests.meetup.models.building import ALL_DAYS, Meetup
from tests.meetup.models.rows import FIRST, Row, Rows, event, group, online, staged, venue, worlds

FACT = "core.fact_meetup_event"
DIMENSIONS = ("core.dim_meetup_event", "core.dim_meetup_group", "core.dim_meetup_venue")
NOTHING = staged([])
KEYS_RESOLVE = """
SELECT f.event_id, e.title, g.name, v.is_place FROM core.fact_meetup_event AS f
JOIN core.dim_meetup_event AS e USING (event_key)
JOIN core.dim_meetup_group AS g USING (group_key)
JOIN core.dim_meetup_venue AS v USING (venue_key)
JOIN core.dim_date AS d USING (date_key)
"""

_property = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@_property
@given(rows=worlds())
def test_every_event_is_there_once_with_the_group_of_its_day_and_its_venue(meetup: Meetup, rows: Rows) -> None:
    meetup.build(rows, FACT)
    facts = {row["event_id"]: row for row in meetup.rows(FACT)}
    groups = {row["group_key"]: row for row in meetup.rows("core.dim_meetup_group")}
    assert set(facts) == {row["event_id"] for row in rows["meetup_events"]}
    assert len(meetup.warehouse.rows(KEYS_RESOLVE)) == len(facts)
    for told in rows["meetup_events"]:
        fact = facts[told["event_id"]]
        found = groups[fact["group_key"]]
        assert found["group_id"] == fact["group_id"] == told["group_id"]
        profile = (found["name"], found["urlname"], found["status"], found["members"])
        assert profile == oracle.profile_on(rows, told["group_id"], told["local_date"])
        assert fact["venue_key"] == oracle.main_venue(rows, told)
        assert fact["is_online"] == oracle.is_online(told)
        measures = ("yes_rsvps", "waitlist", "attended", "is_cancelled", "local_date", "starts_at", "event_type")
        assert [fact[name] for name in measures] == [told[name] for name in measures]
        assert fact["fee"] == told["fee_amount"]


@_property
@given(rows=worlds())
def test_one_window_for_all_days_is_the_same_as_day_by_day(meetup: Meetup, rows: Rows) -> None:
    meetup.build(rows, FACT)
    at_once = meetup.rows(FACT)
    days = sorted({row["local_date"] for row in rows["meetup_events"]})
    for day in [*days[::-1], *days[:1]]:
        meetup.make(FACT, day, day + timedelta(days=1))
    assert meetup.rows(FACT) == at_once
    meetup.make(FACT)
    assert meetup.rows(FACT) == at_once


@_property
@given(rows=worlds())
def test_facts_made_before_their_dimensions_are_all_there_as_unknown(meetup: Meetup, rows: Rows) -> None:
    meetup.build(NOTHING, FACT)
    meetup.load(rows)
    assert set(meetup.make(FACT, *ALL_DAYS)) <= {"event_and_group_are_known"}
    facts = meetup.rows(FACT)
    assert {row["event_id"] for row in facts} == {row["event_id"] for row in rows["meetup_events"]}
    assert {row[name] for row in facts for name in ("event_key", "group_key")} <= {"unknown"}
    assert {row["venue_key"] for row in facts} <= {"unknown", "online"}
    assert len(meetup.warehouse.rows(KEYS_RESOLVE)) == len(facts)


def test_a_late_dimension_mends_the_keys_when_the_day_is_made_anew(meetup: Meetup) -> None:
    rows = staged([group("g1", _day(0)), event("a", "g1", _day(2), venue("1"))])
    meetup.build(NOTHING, FACT)
    meetup.load(rows)
    assert meetup.make(FACT, _day(2), _day(3)) == ["event_and_group_are_known"]
    assert _keys(meetup) == {"a": ("unknown", "unknown", "unknown")}
    for dimension in DIMENSIONS:
        meetup.make(dimension)
    assert meetup.make(FACT, _day(2), _day(3)) == []
    assert _keys(meetup) == {"a": ("a", "g1@20231229", "1")}


def test_an_event_finds_the_group_as_it_was_on_its_day_even_before_the_first_snapshot(meetup: Meetup) -> None:
    facts(
        meetup,
        group("g1", _day(10), members=10),
        group("g1", _day(20), members=20),
        event("before", "g1", date(2009, 5, 4)),
        event("first day", "g1", _day(10)),
        event("eve", "g1", _day(19)),
        event("change", "g1", _day(20)),
        event("after", "g1", _day(60)),
    )
    members = {row["group_key"]: row["members"] for row in meetup.rows("core.dim_meetup_group")}
    assert {row["event_id"]: members[row["group_key"]] for row in meetup.rows(FACT)} == {
        "before": None,
        "first day": 10,
        "eve": 10,
        "change": 20,
        "after": 20,
    }


def test_events_online_without_a_venue_and_with_several_all_come_through(meetup: Meetup) -> None:
    found = facts(
        meetup,
        event("listed online", "g1", _day(0), online(), event_type="ONLINE"),
        event("only online", "g1", _day(0), event_type="ONLINE"),
        event("nowhere", "g1", _day(0)),
        event("hybrid", "g1", _day(0), online("8"), venue("1"), event_type="HYBRID"),
        event("hybrid without place", "g1", _day(0), event_type="HYBRID"),
        event("several", "g1", _day(0), venue("3"), venue("1"), venue("2")),
        event("first not told", "g1", _day(0), venue("3", position=2)),
    )
    assert {name: (row["venue_key"], row["venues"], row["is_online"]) for name, row in found.items()} == {
        "listed online": ("online", 1, True),
        "only online": ("online", 0, True),
        "nowhere": ("unknown", 0, False),
        "hybrid": ("1", 2, True),
        "hybrid without place": ("unknown", 0, True),
        "several": ("3", 3, False),
        "first not told": ("3", 1, False),
    }


def test_what_is_not_told_stays_null_and_a_fee_keeps_its_cents(meetup: Meetup) -> None:
    found = facts(
        meetup,
        event("silent", "g1", _day(0), yes_rsvps=None),
        event("paid", "g1", _day(0), fee_amount=Decimal("12.10"), fee_currency="GBP", waitlist=0),
    )
    assert [found["silent"][name] for name in ("yes_rsvps", "waitlist", "attended", "fee")] == [None] * 4
    assert (found["paid"]["fee"], found["paid"]["fee_currency"], found["paid"]["waitlist"]) == (
        Decimal("12.10"),
        "GBP",
        0,
    )


def test_a_day_made_anew_loses_events_that_moved_away_and_leaves_other_days(meetup: Meetup) -> None:
    stays, moves = event("stays", "g1", _day(1)), event("moves", "g1", _day(0))
    facts(meetup, stays, moves, event("gone", "g1", _day(0)))
    meetup.load(staged([event("stays", "g1", _day(1), yes_rsvps=99), event("moves", "g1", _day(5))]))
    meetup.make(FACT, _day(0), _day(1))
    assert {row["event_id"]: row["yes_rsvps"] for row in meetup.rows(FACT)} == {"stays": 5}
    meetup.make(FACT, _day(1), _day(6))
    assert {row["event_id"]: row["yes_rsvps"] for row in meetup.rows(FACT)} == {"stays": 99, "moves": 5}


def test_ids_that_read_like_the_special_members_are_the_unknown_ones(meetup: Meetup) -> None:
    rows = staged(
        [group("unknown", _day(0)), event("unknown", "unknown", _day(0), venue("unknown")), group("g1", _day(0))]
    )
    meetup.build(NOTHING, FACT)
    meetup.build(rows, *DIMENSIONS)
    assert meetup.make(FACT, *ALL_DAYS) == ["event_and_group_are_known"]
    assert _keys(meetup) == {"unknown": ("unknown", "unknown", "unknown")}


def test_a_venue_is_as_the_latest_event_had_it_and_keeps_coordinates_once_told(meetup: Meetup) -> None:
    meetup.build(
        staged(
            [
                event("a", "g1", _day(0), venue("1", name="Old", city="Bern")),
                event("b", "g1", _day(9), venue("1", name="New", lat=None, lon=None)),
                event("c", "g1", _day(5), venue("1", name="Between", lat=46.5, lon=7.25), venue("bare", name=None)),
                event("d", "g1", _day(5), online("77")),
            ]
        ),
        "core.dim_meetup_venue",
    )
    found = {row["venue_key"]: row for row in meetup.rows("core.dim_meetup_venue")}
    assert set(found) == {"1", "bare", "online", "unknown"}
    assert {row["place_key"] for row in found.values()} == set(found)
    assert [found["1"][name] for name in ("name", "city", "lat", "lon")] == ["New", None, 46.5, 7.25]
    assert [key for key, row in found.items() if not row["is_place"]] == ["online", "unknown"]


def test_what_was_never_announced_is_no_fact(meetup: Meetup) -> None:
    silent = ("DRAFT", "TEMPLATE", "PROPOSED", "PENDING", "AUTOSCHED_DRAFT", "BLOCKED")
    told = ("PAST", "ACTIVE", "CANCELLED", "AUTOSCHED", "AUTOSCHED_FINISHED")
    found = facts(meetup, *(event(status, "g1", _day(0), status=status) for status in (*silent, *told)))
    assert set(found) == set(told)
    assert {row["event_key"] for row in meetup.rows("core.dim_meetup_event")} == {*silent, *told, "unknown"}


def test_a_place_that_meetup_has_several_times_is_one(meetup: Meetup) -> None:
    meetup.build(
        staged(
            [
                event("a", "g1", _day(0), venue("3", name="Hub 9", lat=37.7, lon=-122.4)),
                event("b", "g1", _day(0), venue("2", name=" hub 9", lat=37.7008, lon=-122.4004)),
                event("c", "g1", _day(0), venue("1", name="Hub 9", lat=37.7016, lon=-122.4008)),
                event("d", "g1", _day(0), venue("4", name="Hub 9", lat=51.5, lon=-0.1)),
                event("e", "g1", _day(0), venue("5", name="Hub 10", lat=37.7, lon=-122.4)),
                event("f", "g1", _day(0), venue("6", name="Loft", lat=None, lon=None, address="1 A St", city="SF")),
                event("g", "g1", _day(0), venue("7", name="LOFT", lat=37.7, lon=1.0, address="1 a st", city="sf")),
                event("h", "g1", _day(0), venue("8", name="Loft", lat=None, lon=None, address="1 A St", city="NY")),
                event("i", "g1", _day(0), venue("9", name="Far off", lat=91.0, lon=0.5)),
            ]
        ),
        "core.dim_meetup_venue",
    )
    found = {row["venue_key"]: row for row in meetup.rows("core.dim_meetup_venue")}
    assert [found[key]["place_key"] for key in "123456789"] == ["1", "1", "1", "4", "5", "6", "6", "8", "9"]
    assert (found["9"]["lat"], found["9"]["lon"]) == (None, None)


def facts(meetup: Meetup, *rows: Row | list[Row]) -> dict[str, dict[str, Any]]:
    """The facts made of these rows, by event."""
    meetup.build(staged(rows), FACT)
    return {row["event_id"]: row for row in meetup.rows(FACT)}


def _keys(meetup: Meetup) -> dict[str, tuple[str, str, str]]:
    return {row["event_id"]: (row["event_key"], row["group_key"], row["venue_key"]) for row in meetup.rows(FACT)}


def _day(number: int) -> date:
    return FIRST + timedelta(days=number)
