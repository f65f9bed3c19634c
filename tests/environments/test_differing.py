"""Which assets differ from production's, of a graph without Dagster."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tributary.asset_graph import Asset, AssetGraph
from tributary.assets.factory.made import CODE, DATA, Made
from tributary.environments.differing import differing, lacking, version_of, with_unmade
from tributary.freshness import Why

READS = {
    "raw.files": (),
    "raw.pulled": (),
    "staged.files": ("raw.files",),
    "staged.pulled": ("raw.pulled",),
    "core.day": ("staged.files",),
    "core.group": ("staged.pulled", "core.day"),
    "gold.days": ("core.day",),
    "gold.groups": ("core.group",),
}
TABLES = {key for key in READS if not key.startswith("raw.")}


def graph(**code: str) -> AssetGraph:
    by = {key.replace("_", ".", 1): version for key, version in code.items()}
    return AssetGraph("", tuple(Asset(key, "s", "model", reads, by.get(key, "1")) for key, reads in READS.items()))


def made(*without: str) -> Mapping[str, Made]:
    return {
        key: Made(0, "", place, {CODE: "1", DATA: f"d{place}"})
        for place, key in enumerate(READS, 1)
        if key not in without
    }


NEVER_PULLED = ("raw.pulled", "staged.pulled", "core.group", "gold.groups")


@pytest.mark.parametrize(
    ("code", "among", "found"),
    [
        ({}, TABLES, {}),
        ({"gold_days": "2"}, TABLES, {"gold.days": Why("code")}),
        (
            {"staged_files": "2"},
            TABLES - {"gold.groups"},
            {
                "staged.files": Why("code"),
                "core.day": Why("differs", "staged.files"),
                "core.group": Why("differs", "core.day"),
                "gold.days": Why("differs", "core.day"),
            },
        ),
        ({"staged_files": "2"}, {"gold.days"}, {}),
        ({"raw_files": "2"}, TABLES, {}),
    ],
)
def test_what_differs_is_what_has_other_code_and_what_reads_it(
    code: Mapping[str, str], among: set[str], found: Mapping[str, Why]
) -> None:
    assert differing(graph(**code), made(), among) == found


def test_what_was_never_made_is_taken_along_unless_nothing_is_there_to_make_it_of() -> None:
    assert with_unmade(graph(), made("core.day", "gold.days"), {"gold.days", "raw.files"}, TABLES) == {
        "gold.days",
        "core.day",
    }
    production = made(*NEVER_PULLED)
    wanted = with_unmade(graph(), production, {"gold.groups", "gold.days"}, TABLES)
    assert lacking(graph(), production, wanted, TABLES) == ["staged.pulled", "core.group", "gold.groups"]
    assert lacking(graph(), made("gold.groups"), TABLES, TABLES) == []


def test_data_is_told_apart_by_versions_and_by_events_where_there_are_partitions() -> None:
    one = made()["raw.files"]
    assert version_of(one, partitioned=False) == "d1"
    assert version_of(one, partitioned=True) == "1"
    assert version_of(None, partitioned=True) == ""
