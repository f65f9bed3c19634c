"""The history of pairs that follows what was pulled, pair by pair, holds what a rebuild gives, in whatever order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.factory.followers import Followers
from tests.sneakers.warehouse.building import Collection, load_events, models
from tests.sneakers.warehouse.streams import START, Event, Log, bought, event, lines, logs

from tributary.assets.calendar.tables import DIM_DATE
from tributary.assets.sneakers.arrivals import key_of
from tributary.assets.sneakers.tables import EVENTS
from tributary.resources.warehouse.base import Select

KEYED = ("staged.sneaker_entries", "core.dim_sneaker", "core.fact_sneaker_event")
PULLS = 6

steps = st.lists(
    st.tuples(
        st.sampled_from(["pull"] * 5 + ["make"] * 3 + ["lose", "force", "fails", "is killed", "rewrite"]),
        st.integers(0, PULLS - 1),
        st.sets(st.integers(0, 50), max_size=5),
    ),
    min_size=8,
    max_size=16,
)


@pytest.fixture
def followers(collection: Collection) -> Followers:
    collection.begin_anew()
    return Followers(collection.warehouse, models(), [EVENTS, DIM_DATE], *models())


@settings(
    max_examples=2, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(log=logs(), taken=steps)
def test_whatever_happens_the_history_is_as_if_made_whole(
    collection: Collection, followers: Followers, log: Log, taken: list[Any]
) -> None:
    """Pulls come in any order and overlap; some are put again with fewer events, or with none that was there."""
    collection.begin_anew()
    for what, which, left_out in taken:
        if what in ("pull", "lose"):
            first, last = which * len(log) // PULLS, (which + 1) * len(log) // PULLS + which % 2 * 9
            pulled = log[first:last]
            key = key_of(pulled[0]["event_id"], pulled[-1]["event_id"])
            # An object that does not go from the first to the last event of its name would be refused.
            ends = (0, len(pulled) - 1)
            stays = [what == "pull" or place in ends or place not in left_out for place in range(len(pulled))]
            collection.lake.put(key, lines(one for one, kept in zip(pulled, stays, strict=True) if kept))
            load_events(collection.warehouse, collection.lake)
        elif what == "rewrite":
            # Written whole, so that nobody knows what changed; without the checks on what a reader counted.
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("tributary.resources.warehouse.write.MOST_COMPARED", 0)
                collection.warehouse.replace(replace(EVENTS, checks=()), Select(f"SELECT * FROM {EVENTS.key}"))
        elif what in ("make", "force"):
            followers.make(forced=what == "force")
            followers.expect_the_whole()
        else:
            followers.come_to_nothing(what)
    followers.make()
    followers.expect_the_whole()


def test_a_wear_touches_its_pair_and_a_brand_the_pairs_that_bear_it(
    collection: Collection, followers: Followers
) -> None:
    day = timedelta(days=1)
    pairs = [bought(2 * pair, pair, START, manufacturer_id=pair % 4 + 1) for pair in range(1, 31)]
    collection.load(pairs)
    followers.make()

    def keys(*log: Event) -> list[int | None]:
        collection.load([*log])
        reports = followers.make()
        followers.expect_the_whole()
        return [reports[key].keys for key in KEYED]

    assert keys(event(101, "worn", 7, START + day)) == [1, 1, 1]
    renamed = {"manufacturer_id": 2, "name": "New", "collaborator": None}
    assert keys(event(103, "brand_edited", None, START, **renamed)) == [0, 8, None]
    edit = {"target_event_id": 10, "changes": {"manufacturer_id": 4, "brand": "Other", "collaborator": None}}
    assert keys(event(105, "edited", 5, START, **edit)) == [1, 15, 1]
    assert keys(event(107, "undone", 5, START, target_event_id=105)) == [1, 15, 1]
