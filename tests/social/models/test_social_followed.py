"""Facts and histories that follow changes by keys hold what a rebuild gives, whatever was loaded in between and how."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.factory.followers import Followers
from tests.social.models.building import batches, models
from tests.social.models.rows import Rows, at, events, follow, identify, other, post, staged

from tributary.assets.calendar.dates import date_rows
from tributary.assets.calendar.tables import DIM_DATE
from tributary.assets.social import tables
from tributary.resources.warehouse.base import Batches, Select
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.windows import SourceObjects

FACT, USERS = "core.fact_social_event", "core.dim_social_user"
READ = {key for model in models().values() if model.keys for key in model.reads}
KEYED = tuple(key for key, model in models().items() if model.keys or key in READ)
"""Those that follow by keys, and those that are small and written whole, which they read."""
POSTS = next(table for table in tables.TABLES if table.name == "social_posts")
SOURCES = ("o1", "o2", "O3", "ö4")

# Few events at a time, so that keys which are told wrongly are not told rightly by others; few ids, so that deliveries
# of a message meet.
delivered = st.builds(lambda event, number: {**event, "message_id": f"m{number}"}, events(), st.integers(0, 15))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("load"), st.lists(delivered, max_size=5), st.sets(st.sampled_from(SOURCES), min_size=1)),
        st.tuples(st.sampled_from(["make"] * 6 + ["force", "fails", "is killed", "rewrite"]), st.none(), st.none()),
    ),
    min_size=15,
    max_size=24,
)


class Social:
    """What is staged, object by object, and the models that follow it."""

    def __init__(self, warehouse: PostgresWarehouse) -> None:
        self.warehouse = warehouse
        self.followers = Followers(warehouse, models(), [*tables.TABLES, DIM_DATE], *KEYED)
        warehouse.replace(DIM_DATE, Batches(date_rows().to_batches()))
        self.load(staged([]), SOURCES)

    def load(self, rows: Rows, sources: Any) -> None:
        """Make the rows of these objects those that name them; messages keep their first delivery."""
        for table in tables.TABLES:
            mine = {**rows, table.name: [row for row in rows[table.name] if row["source_object"] in sources]}
            window = SourceObjects(tables.SOURCE_OBJECT, sorted(sources))
            self.warehouse.replace(table, Batches(batches(table, mine)), window=window)

    def rewrite(self) -> None:
        """Write a staged table whole, so that nobody knows what changed."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tributary.resources.warehouse.write.MOST_COMPARED", 0)
            self.warehouse.replace(POSTS, Select("SELECT * FROM staged.social_posts"))


@pytest.fixture
def social(warehouse: PostgresWarehouse) -> Social:
    return Social(warehouse)


@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(taken=steps)
def test_whatever_happens_the_tables_are_as_if_made_whole(social: Social, taken: list[Any]) -> None:
    for what, found, sources in taken:
        if what == "load":
            social.load(staged(found), sources)
        elif what == "rewrite":
            social.rewrite()
        elif what in ("make", "force"):
            social.followers.make(forced=what == "force")
            social.followers.expect_the_whole()
        else:
            social.followers.come_to_nothing(what)
    social.followers.make()
    social.followers.expect_the_whole()


def test_only_the_keys_that_changed_are_written(social: Social) -> None:
    crowd = [identify(f"u{n}", at(n), username="x", source_object="o1") for n in range(40)]
    social.load(staged([*crowd, post("u1", at(50), source_object="o1")]), ["o1"])
    social.followers.make()
    news = [follow("u1", "u2", at(60)), other("new", at(61)), identify("u3", at(0.5), username="earlier")]
    more = [{**one, "message_id": f"n{place}", "source_object": "o2"} for place, one in enumerate(news)]
    social.load(staged(more), ["o2"])
    reports = social.followers.make()
    # Of u1 and u2 nothing changes, but of whom their events speak.
    assert {key: (report.keys, report.table_rows) for key, report in reports.items() if not report.unchanged} == {
        USERS: (4, 42),
        FACT: (3, 44),
        "core.fact_social_follow": (1, 1),
        "gold.social_acquisition": (1, 1),
        "gold.social_daily_activity": (1, 1),
        "gold.social_follower_history": (1, 1),
        "gold.social_sessions": (3, 42),
        "gold.social_user_days": (3, 41),
        "gold.social_user_summary": (4, 41),
        "gold.social_visitors": (3, 41),
        "gold.social_who_to_follow": (2, 1),
    }
    social.followers.expect_the_whole()
    assert all(report.unchanged for report in social.followers.make().values())
