"""What needs somebody, as pure functions of what is known: each told while it is so, and no longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.assets.source import Source
from tributary.catalogue import Catalogue, ColumnEntry, TableEntry
from tributary.dagster_client.assets import AssetState, FailingCheck, Partitions, Span
from tributary.dagster_client.runs import Run
from tributary.dagster_client.ticks import Acting, Daemon, Tick, Ticker
from tributary.problems import finding
from tributary.problems.knowing import Behind, FailedRun, FromDagster, FromWarehouse
from tributary.problems.partitions import missing, without
from tributary.resources.wording import ago, count, lasting, listed, size, when

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
NOTHING = Acting((), ())


def asset(key: str = "gold.x", **own: Any) -> AssetState:
    told: dict[str, Any] = {
        "group": "s", "made_at": NOW, "failed_run": None, "is_awaited": False, "failing": (), "stale": {},
        "refresh": "", "partitions": None,
    }  # fmt: skip
    return AssetState(key=key, **{**told, **own})


def told(found: FromDagster, **sources: bool) -> list[tuple[str, str, bool]]:
    known = [Source(name, every_partition=whole) for name, whole in sources.items()]
    return [(one.kind, one.subject, one.bad) for one in finding.of_dagster(found, known, NOW)]


def test_where_all_is_well_nothing_needs_anybody() -> None:
    well = Acting(
        (Ticker("a", "sensor", True, "", Tick(NOW, "SKIPPED", 1.0, "Nothing new.")),), (Daemon("Sensor", True, NOW),)
    )
    assert told(FromDagster([asset()], well, [], [])) == []


def test_each_thing_that_is_wrong_is_told_by_name_and_where_to_mend_it() -> None:
    check = FailingCheck("no_gaps", True, "r1", NOW)
    run = Run("r2", "retail", "FAILURE", NOW, NOW, NOW)
    late = asset("gold.y", stale={"core.z": "has a new data version"})
    wrong = Acting(
        (
            Ticker("files", "sensor", True, "", Tick(NOW, "FAILURE", 1.0, "The folder is away.")),
            Ticker("days", "schedule", False, "", None),
        ),
        (Daemon("Sensor", False, None),),
    )
    found = FromDagster(
        [asset(failing=(check,)), asset("gold.p", partitions=Partitions(1, 2, ()))],
        wrong,
        [FailedRun(run, ("gold.x",), "gold.x: discounts_reduce failed.")],
        [Behind(late, NOW - timedelta(hours=3))],
    )
    assert told(found) == [
        ("Failed run", "retail", True),
        ("Failing check", "no_gaps", True),
        ("Failed partitions", "gold.p", True),
        ("Stale", "gold.y", False),
        ("Failed sensor", "files", True),
        ("Stopped schedule", "days", False),
        ("Daemon", "Sensor", True),
    ]
    by_kind = {one.kind: one for one in finding.of_dagster(found, [], NOW)}
    assert "discounts_reduce failed" in by_kind["Failed run"].sentence
    assert by_kind["Failed run"].link == "/dagster/runs/r2"
    assert by_kind["Failing check"].link == "/dagster/assets/gold/x?view=checks&check_name=no_gaps"
    assert by_kind["Stale"].sentence == "It is out of date, for 3 hours: core.z has a new data version."
    assert by_kind["Failed sensor"].sentence == "The folder is away."


def test_a_sensor_that_gives_no_tick_any_more_is_told_unless_its_daemon_is_the_reason() -> None:
    def silent(minutes: int, *daemons: bool) -> list[tuple[str, str, bool]]:
        last = Tick(NOW - timedelta(minutes=minutes), "SKIPPED", 0.1, "")
        files = Ticker("files", "sensor", True, "", last, timedelta(seconds=90))
        acting = Acting((files,), tuple(Daemon("Sensor", well, NOW) for well in daemons))
        return [one for one in told(FromDagster([], acting, [], [])) if one[0] != "Daemon"]

    assert silent(16, True) == [("Silent sensor", "files", True)]
    assert silent(14, True) == []
    assert silent(16, False) == []


def hours(first: int, last: int) -> Span:
    start = datetime(2026, 11, 26, tzinfo=UTC)
    return Span(start + timedelta(hours=first), start + timedelta(hours=last))


def test_partitions_are_missing_where_the_source_has_them_and_only_when_they_are_over() -> None:
    raw = asset("raw.e", partitions=Partitions(8, 0, (hours(0, 4), hours(8, 13))))
    behind = asset("staged.e", partitions=Partitions(3, 0, (hours(0, 3),)))
    waiting = asset("staged.f", is_awaited=True, partitions=Partitions(3, 0, (hours(0, 3),)))
    # The hour of noon goes on; a quiet night has no partition in any asset.
    assert missing([raw, behind, waiting], {"s": False}, NOW) == {"staged.e": [hours(3, 4), hours(8, 12)]}
    whole = missing([raw, behind], {"s": True}, NOW)
    assert whole == {"raw.e": [hours(4, 8)], "staged.e": [hours(3, 12)]}
    sentence = next(iter(finding.of_dagster(FromDagster([raw, behind], NOTHING, [], []), [Source("s")], NOW))).sentence
    assert sentence == (
        "It lacks the partitions of 2026-11-26 03:00 to 2026-11-26 04:00 and 2026-11-26 08:00 to 2026-11-26 12:00."
    )


@settings(deadline=None)
@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_spans_without_others_are_the_hours_that_are_left(due: set[int], taken: set[int]) -> None:
    left = without(list(united(due)), [hours(one, one + 1) for one in taken])
    start = hours(0, 1).start
    found = {
        hour
        for span in left
        for hour in range(
            int((span.start - start).total_seconds() // 3600), int((span.end - start).total_seconds() // 3600)
        )
    }
    assert found == due - taken


def united(due: set[int]) -> list[Span]:
    from tributary.problems.partitions import union

    return union(hours(one, one + 1) for one in due)


def test_tables_older_than_their_source_says_are_told_once_a_source() -> None:
    def table(key: str) -> TableEntry:
        return TableEntry(key, "s", "table", "", "", (ColumnEntry("a", "text", ""),), freshness=timedelta(days=1))

    catalogue = Catalogue("", tuple(map(table, ("gold.a", "gold.b", "gold.c"))))
    ages = {"gold.a": NOW - timedelta(days=3), "gold.b": NOW - timedelta(days=2), "gold.c": NOW - timedelta(hours=2)}
    warehouse = FromWarehouse({}, ages, {}, {})
    sources = [Source("s", freshness=timedelta(days=1))]
    found = list(finding.of_age(sources, catalogue, warehouse, None, NOW))
    assert [one.subject for one in found] == ["s"]
    assert "gold.a and gold.b, the oldest for 3 days" in found[0].sentence
    # What was made again and came out the same is as new as that.
    made = FromDagster([asset("gold.a"), asset("gold.b")], NOTHING, [], [])
    assert list(finding.of_age(sources, catalogue, warehouse, made, NOW)) == []


def test_a_disk_quarantine_and_declarations_are_told() -> None:
    assert [one.kind for one in finding.of_disk(10**9, "/h")] == ["Disk"]
    assert list(finding.of_disk(10**11, "/h")) == []
    assert [(one.subject, one.link) for one in finding.of_quarantine({"raw.e": 2})] == [
        ("raw.e", "/quarantine/?table=raw.e")
    ]
    refused = TableEntry("gold.bad", "s", "table", "", "", (), refused="gold/bad.sql:3: no such column.")
    found = list(finding.of_declarations(Catalogue("", (refused,)), {"acme": "It cannot be loaded."}))
    assert [(one.kind, one.subject) for one in found] == [("Source off", "acme"), ("Not made", "gold.bad")]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (ago(NOW - timedelta(minutes=3), NOW), "3 minutes ago"),
        (ago(NOW.date(), NOW), "today"),
        (ago(NOW + timedelta(hours=1, seconds=1), NOW), "in 1 hour"),
        (when(datetime(2006, 3, 1), NOW), "1 March 2006"),  # noqa: DTZ001  (as the warehouse gives them)
        (lasting(90_000), "1 day"),
        (count(2000, "record"), "2,000 records"),
        (size(1536), "1.54 kB"),
        (size(12), "12 B"),
        (listed(["a"]), "a"),
        (listed(["a", "b", "c", "d", "e"]), "a, b, c and 2 more"),
    ],
)
def test_amounts_and_moments_are_in_words(written: str, words: str) -> None:
    assert written == words
