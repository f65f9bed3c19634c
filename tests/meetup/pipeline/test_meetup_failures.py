"""Pulls that fail: what was pulled stays, what was not is said, the rest alone is done again, and nothing gets lost."""

from __future__ import annotations

from datetime import date

import dagster as dg
from tests.meetup.faults import PASSING, Fault, FaultPlan
from tests.meetup.pipeline.running import RAW, RAW_EVENTS_KEY, Bench, failure_of, metadata_of

from tributary.assets.factory.specs import MISSING
from tributary.assets.meetup.arrivals import RAW_EVENTS, event_key
from tributary.assets.meetup.partitions import days_between

FIRST, LAST = date(2017, 7, 1), date(2018, 12, 31)
OF_2017 = days_between(FIRST, date(2017, 12, 31))
OF_2018 = days_between(date(2018, 1, 1), LAST)


def keys_of(days: list[date]) -> set[str]:
    return {event_key(day) for day in days}


def fail_in_the_second_year(bench: Bench) -> dg.ExecuteInProcessResult:
    """Pull both years, of which the second fails for good after a few calls."""
    needed = metadata_of(bench.run(OF_2017[0], OF_2017[-1]), RAW_EVENTS_KEY)["calls"]
    bench.lake.delete_prefix(RAW_EVENTS)
    bench.instance.wipe_assets([RAW_EVENTS_KEY])
    # Answers that are late by nothing count as calls that succeed.
    healthy = (Fault.SLOW,) * (needed + 3)
    bench.faults(FaultPlan(upcoming=healthy, fraction=1.0, kinds=(Fault.EXPIRED_TOKEN,), delay=0.0))
    return bench.run(FIRST, LAST, (RAW[1],))


def test_a_failure_in_the_middle_keeps_the_years_that_are_done_and_names_what_is_not(bench: Bench) -> None:
    result = fail_in_the_second_year(bench)
    assert not result.success
    assert set(bench.objects()) == keys_of(OF_2017)
    made = bench.instance.get_materialized_partitions(RAW_EVENTS_KEY)
    assert made == {day.isoformat() for day in OF_2017}
    told = failure_of(result)
    assert "184 days from 2017-07-01 to 2017-12-31 are pulled and stay" in told
    assert "365 days from 2018-01-01 to 2018-12-31 are not pulled" in told
    assert "refused the token" in told


def test_resuming_pulls_only_what_is_missing_and_ends_as_if_nothing_had_failed(bench: Bench) -> None:
    fail_in_the_second_year(bench)
    bench.faults(FaultPlan())
    sent = bench.simulator.simulation.calls
    result = bench.run(FIRST, LAST, (RAW[1],), {MISSING: "true"})
    assert result.success
    told = metadata_of(result, RAW_EVENTS_KEY)
    assert (told["days pulled"], told["days left as they were"]) == (365, 184)
    assert bench.simulator.simulation.calls - sent == told["calls"]
    resumed = bench.objects()
    assert set(resumed) == keys_of(OF_2017 + OF_2018)
    assert bench.instance.get_materialized_partitions(RAW_EVENTS_KEY) == {day.isoformat() for day in OF_2017 + OF_2018}
    bench.lake.delete_prefix(RAW_EVENTS)
    bench.run(FIRST, LAST, (RAW[1],))
    assert bench.objects() == resumed


def test_where_nothing_is_missing_nothing_is_asked(bench: Bench) -> None:
    bench.run(OF_2017[0], OF_2017[-1])
    sent = bench.simulator.simulation.calls
    assert bench.run(OF_2017[0], OF_2017[-1], (RAW[1],), {MISSING: "true"}).success
    assert bench.simulator.simulation.calls == sent


def test_a_hole_in_a_year_is_filled_and_its_neighbours_are_left_alone(bench: Bench) -> None:
    bench.run("2018-05-01", "2018-05-10")
    before = bench.objects()
    marked = event_key(date(2018, 5, 4))
    # A day that a resumed pull must not touch, though it lies between two that it must.
    bench.lake.put(marked, b"")
    for day in (date(2018, 5, 3), date(2018, 5, 5)):
        bench.lake.delete_prefix(event_key(day))
    bench.run("2018-05-01", "2018-05-10", (RAW[1],), {MISSING: "true"})
    assert bench.objects() == before | {marked: b""}


def test_with_a_tenth_of_the_calls_failing_the_objects_are_the_same(bench: Bench) -> None:
    assert bench.run(FIRST, LAST).success
    untroubled = bench.objects()
    bench.lake.delete_prefix(RAW_EVENTS)
    bench.faults(FaultPlan(fraction=0.1, kinds=PASSING, seed=7, delay=0.0, pause=0))
    assert bench.run(FIRST, LAST).success
    delivered = bench.simulator.simulation.faults.delivered
    assert len(delivered) >= 4
    assert bench.objects() == untroubled
