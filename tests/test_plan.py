"""What a plan says of each asset, by what is known of it: no Dagster instance is asked."""

from __future__ import annotations

import dagster as dg

from tributary.asset_graph import Asset, AssetGraph
from tributary.assets.automation.partitions import Partitions
from tributary.assets.factory.specs import FORCE, REFUSED
from tributary.freshness import Why
from tributary.plan import Known, Planned, steps
from tributary.planning import Plan, PlannedRun, Upstream

GRAPH = AssetGraph(
    "",
    (
        Asset("raw.files", "s", "raw"),
        Asset("staged.rows", "s", "staged load", ("raw.files",)),
        Asset("staged.days", "s", "staged load", (), partitioned=True),
        Asset("core.names", "s", "model", ("staged.rows",)),
        Asset("core.facts", "s", "model", ("core.names", "staged.rows")),
        Asset("gold.sums", "s", "model", ("core.facts", "staged.days")),
        Asset("gold.wrong", "s", "model", ("core.facts",), tags={REFUSED: ""}),
    ),
)
# The facts only look into the names, by a check.
ROWS_OF = {"core.facts": ("staged.rows",)}
CODE, INPUT = Why("code"), Why("input", "staged.rows")


def said(
    *names: str,
    stale: dict[str, tuple[Why, ...]] | None = None,
    failed: tuple[str, ...] = (),
    partitions: Partitions | None = None,
    tags: dict[str, str] | None = None,
) -> dict[str, tuple[str, tuple[Why, ...]]]:
    keys = tuple(dg.AssetKey(name.split(".")) for name in names)
    runs = (PlannedRun(keys, partitions or Partitions(), tags or {}),)
    known = Known(GRAPH, stale or {}, failed, ROWS_OF, {"core.facts": 2.0})
    [own] = steps(Planned(Plan(runs), Upstream()), known)
    assert all(one.seconds == (2.0 if one.asset.key == "core.facts" else None) for one in own)
    return {one.asset.key: (one.does, one.reasons) for one in own}


def test_what_nothing_changed_of_stands_and_sources_are_looked_at() -> None:
    assert said("raw.files", "staged.rows", "core.facts") == {
        "raw.files": ("look", ()),
        "staged.rows": ("stand", ()),
        "core.facts": ("stand", ()),
    }


def test_what_is_made_before_is_a_reason_but_not_where_only_a_check_looks_into_it() -> None:
    told = said("core.names", "core.facts", "gold.sums", stale={"core.names": (CODE,)})
    assert told == {"core.names": ("make", (CODE,)), "core.facts": ("stand", ()), "gold.sums": ("stand", ())}
    told = said(
        "core.facts", "gold.sums", stale={"core.facts": (INPUT,), "gold.sums": (Why("upstream", "core.facts"),)}
    )
    assert told["gold.sums"] == ("make", (Why("made before", "core.facts"),))


def test_what_is_out_of_date_upstream_is_no_reason_where_it_is_not_made() -> None:
    assert said("gold.sums", stale={"gold.sums": (Why("upstream", "core.facts"),)}) == {"gold.sums": ("stand", ())}


def test_a_failure_alone_makes_nothing_anew_and_a_refused_file_is_never_made() -> None:
    told = said("core.facts", "gold.wrong", failed=("core.facts",), stale={"gold.wrong": (CODE,)})
    assert told == {"core.facts": ("stand", (Why("failed"),)), "gold.wrong": ("refuse", ())}


def test_force_and_partitions_make_whatever_stands() -> None:
    forced = said("staged.rows", tags={FORCE: "true"})
    assert forced == {"staged.rows": ("make", (Why("forced"),))}
    told = said("staged.days", "gold.sums", partitions=Partitions("2024-01-01"))
    assert told["staged.days"] == ("make", (Why("partitions", "2024-01-01"),))
    assert told["gold.sums"] == ("make", (Why("made before", "staged.days"),))
