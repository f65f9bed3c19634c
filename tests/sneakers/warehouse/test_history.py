"""core.dim_sneaker: what was true of a pair at any instant, however late and in whatever pulls it was learnt."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.sneakers.warehouse import oracle
from tests.sneakers.warehouse.building import HISTORY, Collection, load_events
from tests.sneakers.warehouse.oracle import naive
from tests.sneakers.warehouse.streams import INSTANTS, PAIRS, START, Log, bought, event, logs, put

DIM = "core.dim_sneaker"
PERIOD = ("sneaker_key", "sneaker_id", "last_event_id", "valid_from", "valid_to", "is_current")
DAY = timedelta(days=1)

# One warehouse serves all examples, since each begins anew; a failure names its pair, so nothing is shrunk.
few = settings(
    max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)


@few
@given(log=logs(), cuts=st.sets(st.integers(1, 119), max_size=4), late=st.integers(0, 4))
def test_every_instant_finds_what_a_replay_up_to_it_gives(
    collection: Collection, log: Log, cuts: set[int], late: int
) -> None:
    """The log comes in several pulls, one of which is loaded last, whatever its place."""
    collection.begin_anew()
    bounds = [0, *sorted(cuts), len(log)]
    # A log can be shorter than what was asked for, where actions found nothing to act on.
    pulls = [pull for first, last in pairwise(bounds) if (pull := log[first:last])]
    pulls.append(pulls.pop(late % len(pulls)))
    for pull in pulls:
        collection.load(pull)
    collection.make(*HISTORY)
    rows = collection.rows(f"SELECT * FROM {DIM} ORDER BY sneaker_id, valid_from")
    for pair in range(1, PAIRS + 1):
        mine = [row for row in rows if row["sneaker_id"] == pair]
        for instant in sorted({moment + step * DAY / 2 for moment in INSTANTS for step in (-1, 0, 1)}):
            at = naive(instant)
            found = [
                row for row in mine if row["valid_from"] <= at and (row["valid_to"] is None or at < row["valid_to"])
            ]
            states = [{name: row[name] for name in row if name not in PERIOD} for row in found]
            expected = oracle.state_at(log, pair, instant)
            assert states == ([] if expected is None else [expected]), (pair, instant)


@few
@given(log=logs())
def test_periods_touch_have_a_length_and_end_open(collection: Collection, log: Log) -> None:
    collection.begin_anew()
    collection.load(log)
    collection.make(*HISTORY, "core.fact_sneaker_event", "core.dim_sneaker_current")
    entries = oracle.standing(log)
    for pair in range(1, PAIRS + 1):
        rows = collection.rows(f"SELECT * FROM {DIM} WHERE sneaker_id = %s ORDER BY valid_from", pair)
        assert [row["valid_from"] for row in rows] == sorted(
            {naive(since) for since in oracle.counting_from([one for one in entries if one["sneaker_id"] == pair])}
        )
        mine = [one for one in entries if one["sneaker_id"] == pair]
        last = {naive(since): one["event_id"] for one, since in zip(mine, oracle.counting_from(mine), strict=True)}
        assert [row["last_event_id"] for row in rows] == [last[row["valid_from"]] for row in rows]
        assert all(earlier["valid_to"] == later["valid_from"] for earlier, later in pairwise(rows))
        assert [row["is_current"] for row in rows] == [False] * (len(rows) - 1) + [True] * bool(rows)
        assert [row["valid_to"] for row in rows[-1:]] == [None] * bool(rows)
    facts = collection.rows(
        "SELECT f.*, d.valid_from AS opened FROM core.fact_sneaker_event AS f LEFT JOIN core.dim_sneaker AS d "
        "USING (sneaker_key) ORDER BY f.event_id"
    )
    assert [(row["event_id"], row["event_date"], row["event_time"], row["is_corrected"]) for row in facts] == [
        (one["event_id"], one["event_date"], naive(one["event_time"]), one["corrected"])
        for one in sorted(entries, key=lambda one: one["event_id"])
    ]
    opened = {
        one["event_id"]: naive(since)
        for pair in range(1, PAIRS + 1)
        for mine in [[one for one in entries if one["sneaker_id"] == pair]]
        for one, since in zip(mine, oracle.counting_from(mine), strict=True)
    }
    assert {row["event_id"]: row["opened"] for row in facts} == opened
    assert collection.rows("SELECT count(*) AS n FROM core.dim_sneaker_current")[0]["n"] == len(
        {one["sneaker_id"] for one in entries}
    )


@few
@given(log=logs(most=140))
def test_a_second_run_changes_nothing(collection: Collection, log: Log) -> None:
    collection.begin_anew()
    collection.load(log)
    everything = f"SELECT * FROM {DIM} ORDER BY sneaker_key"
    collection.make(*HISTORY)
    first = collection.rows(everything)
    assert load_events(collection.warehouse, collection.lake)[0].rows == 0
    collection.make(*HISTORY)
    assert collection.rows(everything) == first


NOBODY = {"manufacturer_id": 9, "brand": "B", "collaborator": None}


def wears(collection: Collection, name: str, days: int) -> list[int]:
    """The question of the docs, asked at the end of a day so many days after START."""
    found = collection.rows(
        "SELECT count_wears FROM core.dim_sneaker WHERE name = %s AND valid_from <= %s::timestamp "
        "AND (valid_to > %s::timestamp OR valid_to IS NULL)",
        name,
        naive(START + days * DAY),
        naive(START + days * DAY),
    )
    return [row["count_wears"] for row in found]


def test_a_back_dated_wear_an_undoing_and_a_moved_purchase_rebuild_the_past(collection: Collection) -> None:
    log = [bought(1, 7, START, name="Suede"), event(2, "worn", 7, START + 10 * DAY)]
    collection.load(log)
    collection.make(*HISTORY)
    assert [wears(collection, "Suede", day) for day in (-1, 0, 4, 10)] == [[], [0], [0], [1]]
    collection.load([event(3, "worn", 7, START + 4 * DAY)])
    collection.make(*HISTORY)
    assert [wears(collection, "Suede", day) for day in (0, 4, 10)] == [[0], [1], [2]]
    earlier = {"event_time": (START - DAY).isoformat()}
    collection.load(
        [
            event(4, "undone", 7, START, target_event_id=2),
            event(5, "edited", 7, START, target_event_id=1, changes=earlier),
        ]
    )
    collection.make(*HISTORY)
    assert [wears(collection, "Suede", day) for day in (-2, -1, 4, 10)] == [[], [0], [1], [1]]


def test_a_value_can_be_corrected_to_nothing_and_an_undone_correction_does_not_count(collection: Collection) -> None:
    collection.load(
        [
            bought(1, 1, START, manufacturer_id=9, brand="B", collaborator="C"),
            event(2, "given", 1, START + DAY, recipient="Ann"),
            event(3, "edited", 1, START, target_event_id=1, changes={**NOBODY, "color": "Red"}),
            event(4, "edited", 1, START, target_event_id=1, changes={"color": "Blue"}),
            event(5, "edited", 1, START, target_event_id=2, changes={"recipient": "Bo"}),
            event(6, "edited", 1, START, target_event_id=2, changes={"recipient": None}),
            event(7, "undone", 1, START, target_event_id=4),
        ]
    )
    collection.make(*HISTORY)
    last = collection.rows(f"SELECT * FROM {DIM} WHERE is_current")[0]
    assert (last["collaborator"], last["color"], last["recipient"]) == (None, "Red", None)
    assert last["given_at"] == naive(START + DAY)


def test_events_loaded_twice_by_overlapping_pulls_count_once(collection: Collection) -> None:
    log = [bought(1, 1, START), event(2, "worn", 1, START + DAY), event(3, "worn", 1, START + 2 * DAY)]
    put(collection.lake, log[:2])
    collection.load(log)
    collection.load(log[1:])
    collection.make(*HISTORY)
    assert collection.rows(f"SELECT count_wears FROM {DIM} WHERE is_current") == [{"count_wears": 2}]
