"""core.dim_meetup_group: what a group was on any day; and the topics that it has."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from tests.meetup.models import oracle
from tests.meetup.models.building import Meetup
from tests.meetup.models.rows import DAYS, FIRST, Row, Rows, event, group, staged, topic, worlds

TABLE = "core.dim_meetup_group"
BEGINNING, OPEN = date(1900, 1, 1), date(9999, 12, 31)


# A failure names its group and day, so nothing is shrunk.
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(rows=worlds())
def test_every_day_finds_the_group_as_its_snapshots_had_it(meetup: Meetup, rows: Rows) -> None:
    meetup.build(rows, TABLE)
    versions = meetup.rows(TABLE, "group_id, version")
    assert {row["group_id"] for row in versions} == oracle.group_ids(rows) | {"unknown"}
    for group_id in oracle.group_ids(rows):
        mine = [row for row in versions if row["group_id"] == group_id]
        assert len(mine) == oracle.changes(rows, group_id)
        assert (mine[0]["valid_from"], mine[-1]["valid_to"]) == (BEGINNING, OPEN)
        for earlier, later in pairwise(mine):
            assert earlier["valid_to"] == later["valid_from"]
        for day in (date(2008, 1, 1), *DAYS, date(2100, 1, 1)):
            found = [_profile(row) for row in mine if row["valid_from"] <= day < row["valid_to"]]
            assert found == [oracle.profile_on(rows, group_id, day)], (group_id, day)


def test_each_change_of_members_is_a_version_and_equal_days_are_one(meetup: Meetup) -> None:
    members = [10, 10, 12, 12, 10, None]
    rows = history(meetup, *(group("g1", _day(n), members=count) for n, count in enumerate(members)))
    assert [(row["members"], row["valid_from"]) for row in rows] == [
        (None, BEGINNING),
        (10, _day(0)),
        (12, _day(2)),
        (10, _day(4)),
        (None, _day(5)),
    ]
    assert [row["version"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["is_current"] for row in rows] == [False, False, False, False, True]


def test_name_urlname_and_status_make_versions_and_the_rest_is_as_last_seen(meetup: Meetup) -> None:
    rows = history(
        meetup,
        group("g1", _day(0), city="Bern"),
        group("g1", _day(1), name="Another", city="Bern"),
        group("g1", _day(2), name="Another", urlname="another", city="Bern"),
        group("g1", _day(3), name="Another", urlname="another", status="PAID", city="Basel"),
        group("g1", _day(4), name="Another", urlname="another", status="PAID", city="Genève"),
    )
    assert [row["valid_from"] for row in rows] == [BEGINNING, _day(0), _day(1), _day(2), _day(3)]
    assert {(row["city"], row["last_seen_on"]) for row in rows} == {("Genève", _day(4))}


def test_a_closed_group_keeps_what_was_last_told_of_it(meetup: Meetup) -> None:
    closed = {"name": "*** Closed Group ***", "members": 0, "status": "ORG_CLOSED", "is_private": True}
    rows = history(
        meetup,
        group("g1", _day(0), members=40, city="Bern", is_private=False),
        group("g1", _day(1), name="Py Bern", members=50, city="Bern", is_private=False),
        group("g1", _day(2), **closed),
        group("g1", _day(3), **closed, urlname="closed-1"),
        group("g1", _day(9), name="Back", members=7, is_private=False, city="Basel"),
        group("never open", _day(2), **closed, urlname="of-old"),
    )
    mine = [row for row in rows if row["group_id"] == "g1"]
    assert [(row["name"], row["members"], row["status"]) for row in mine] == [
        ("Group g1", None, "ACTIVE"),
        ("Group g1", 40, "ACTIVE"),
        ("Py Bern", 50, "ACTIVE"),
        ("Py Bern", 50, "ORG_CLOSED"),
        ("Py Bern", 50, "ORG_CLOSED"),
        ("Back", 7, "ACTIVE"),
    ]
    *_, unheard = rows
    assert (unheard["name"], unheard["members"], unheard["last_seen_on"]) == ("of-old", None, _day(2))
    [until, *_] = history(meetup, group("g1", _day(0), city="Bern"), group("g1", _day(5), **closed))
    assert (until["city"], until["last_seen_on"]) == ("Bern", _day(5))


def test_a_version_lasts_through_days_without_a_snapshot(meetup: Meetup) -> None:
    _, first, second = history(meetup, group("g1", _day(0)), group("g1", _day(30), members=11))
    assert (first["valid_to"], second["valid_from"]) == (_day(30), _day(30))


def test_later_snapshots_leave_the_keys_of_earlier_versions(meetup: Meetup) -> None:
    snapshots = [group("g1", _day(n), members=n) for n in (0, 10, 20)]
    before = [row["group_key"] for row in history(meetup, *snapshots)]
    after = [row["group_key"] for row in history(meetup, *snapshots, group("g1", _day(40), members=40))]
    assert before == ["g1@19000101", "g1@20231229", "g1@20240108", "g1@20240118"]
    assert after == [*before, "g1@20240207"]


def test_a_group_that_only_events_know_is_inferred_and_keeps_its_key_when_it_is_seen(meetup: Meetup) -> None:
    events = [*event("a", "g7", _day(1), group_urlname="old"), *event("b", "g7", _day(2), group_urlname="new")]
    [inferred] = history(meetup, *events)
    assert _profile(inferred) == ("new", "new", None, None)
    assert inferred["is_inferred"]
    assert inferred["is_current"]
    before, known = history(meetup, *events, group("g7", _day(9), members=3))
    assert not before["is_inferred"]
    assert (before["members"], known["members"]) == (None, 3)
    assert before["group_key"] == inferred["group_key"] == "g7@19000101"


def test_a_group_without_even_a_name_in_addresses_is_called_by_its_id(meetup: Meetup) -> None:
    [inferred] = history(meetup, *event("a", "g7", _day(1), group_urlname=None))
    assert (inferred["name"], inferred["urlname"]) == ("g7", None)


def test_there_is_an_unknown_group_even_when_nothing_is_known(meetup: Meetup) -> None:
    meetup.build(staged([]), TABLE, "core.dim_meetup_topic")
    [row] = meetup.rows(TABLE)
    assert (row["group_key"], row["is_current"], row["is_inferred"]) == ("unknown", True, True)
    assert [row["topic_key"] for row in meetup.rows("core.dim_meetup_topic")] == ["unknown"]


def test_a_topic_is_current_where_the_group_had_it_when_last_looked_at(meetup: Meetup) -> None:
    bridge = "core.bridge_meetup_group_topic"
    rows = staged(
        [
            *(group(name, _day(n)) for name in ("g1", "g2") for n in (0, 1, 2)),
            topic("g1", _day(0), "dropped"),
            topic("g1", _day(0), "kept"),
            topic("g1", _day(2), "kept"),
            topic("g2", _day(1), "all lost"),
        ]
    )
    meetup.build(rows, bridge)
    found = [tuple(row.values()) for row in meetup.rows(bridge, "1, 2")]
    assert found == [
        ("g1", "dropped", _day(0), _day(0), False),
        ("g1", "kept", _day(0), _day(2), True),
        ("g2", "all lost", _day(1), _day(1), False),
    ]


def test_a_topic_is_named_as_it_was_when_last_seen(meetup: Meetup) -> None:
    rows = staged(
        [
            group("g1", _day(3)),
            topic("g1", _day(0), "1", topic="Old"),
            topic("g2", _day(3), "1", topic="Other"),
            topic("g1", _day(3), "1", topic="New", urlkey="new"),
        ]
    )
    meetup.build(rows, "staged.meetup_topics")
    [found] = meetup.rows("staged.meetup_topics")
    assert tuple(found.values()) == ("1", "New", "new", _day(0), _day(3))


def history(meetup: Meetup, *rows: Row) -> list[dict[str, Any]]:
    """The versions of all groups but the unknown one, in order."""
    meetup.build(staged(rows), TABLE)
    return [row for row in meetup.rows(TABLE, "group_id, version") if row["group_key"] != "unknown"]


def _profile(row: Row) -> oracle.Profile:
    return (row["name"], row["urlname"], row["status"], row["members"])


def _day(number: int) -> date:
    return FIRST + timedelta(days=number)
