"""What follows Meetup's groups, topics and events by keys holds what a rebuild gives, from one world to the next."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.factory.followers import Followers
from tests.meetup.models.building import ALL_DAYS, Meetup, models
from tests.meetup.models.rows import Rows, worlds

from tributary.assets.calendar.tables import DIM_DATE
from tributary.assets.meetup import tables
from tributary.assets.meetup.tables import TITLE_WORDS

KEYED = tuple(key for key, model in models().items() if model.keys)
WANTED = {*KEYED, *(other for key in KEYED for other in (*models()[key].reads, *models()[key].references))}


@settings(
    max_examples=2, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(seen=st.lists(worlds(), min_size=3, max_size=3))
def test_whatever_is_pulled_the_tables_are_as_if_made_whole(meetup: Meetup, seen: list[Rows]) -> None:
    followers = {
        key: Followers(meetup.warehouse, models(), [*tables.TABLES, DIM_DATE, TITLE_WORDS], key) for key in KEYED
    }
    for place, rows in enumerate(seen):
        meetup.load(rows)
        for key in [key for key in models() if key in WANTED]:
            if key not in KEYED:
                meetup.make(key, *(ALL_DAYS if models()[key].window else ()))
                continue
            report = followers[key].make()[key]
            assert place == 0 or report.unchanged or report.keys is not None
            followers[key].expect_the_whole()
