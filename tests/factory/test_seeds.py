"""Seeds: a CSV and a YAML beside it are a table, with nothing lost and nothing made again without need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest

from tributary.assets.factory.seed_assets import seed_asset
from tributary.assets.source import Source
from tributary.assets.sources import Sources
from tributary.assets.unit_tests.declared import read_tests
from tributary.assets.unit_tests.running import run_test
from tributary.catalogue import catalogue_of
from tributary.contents import Contents, read_contents
from tributary.freshness import out_of_date
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

YAML = """\
description: What a region is called.
grain: one row a region
columns:
  code: {type: text, description: "Code of the region.", required: true}
  population: {type: bigint, description: "People who live there."}
  mayor: {type: text, description: "Who governs it.", tags: [pii]}
checks:
  - unique: [code]
tags: {owner_of_it: somebody}
"""
CSV = 'code,population,mayor\nN,100,"A, B"\nS,many,C\n,5,D\nW,,\n'
MODEL = """\
/*
description: How many people there are.
grain: one row
columns:
  people: {type: bigint, description: "People."}
*/
select cast(sum(population) as bigint) as people from staged.regions
"""
TEST = "It adds them up:\n  expect:\n    - {people: 100}\n"


class Shop:
    """A source of models and seeds alone, whose files can be written again."""

    def __init__(self, folder: Path, warehouse: PostgresWarehouse) -> None:
        self.root, self.home, self.warehouse = folder / "shop", folder / "home", warehouse
        self.home.mkdir()
        self.sources = Sources((Source("shop", models=self.root),), {})
        self.write({"seeds/regions.csv": CSV, "seeds/regions.yaml": YAML})
        self.write({"gold/people.sql": MODEL, "gold/people.test.yaml": TEST})
        self.instance = dg.DagsterInstance.ephemeral()

    def write(self, files: Mapping[str, str | None]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True) if text is None else path.write_text(text)

    def contents(self) -> Contents:
        return read_contents(self.sources, self.home)

    def assets(self) -> list[dg.AssetsDefinition]:
        return [seed_asset(seed) for seed in self.contents().seeds.values()]

    def stale(self) -> list[str]:
        return out_of_date(dg.Definitions(assets=self.assets(), resources=self.resources), self.instance)

    @property
    def resources(self) -> dict[str, Any]:
        return {"warehouse": self.warehouse}

    def make(self, *, fails: bool = False, **tags: str) -> dg.ExecuteInProcessResult:
        done = dg.materialize(
            self.assets(), resources=self.resources, instance=self.instance, tags=tags, raise_on_error=False
        )
        assert done.success is not fails
        return done

    def rows(self) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.warehouse.rows("SELECT * FROM staged.regions ORDER BY code")]

    def rejected(self) -> list[tuple[int, str]]:
        found = self.warehouse.rows(
            "SELECT line_number AS n, reason FROM quarantine.rejected_rows WHERE table_name = 'staged.regions' "
            "ORDER BY 1"
        )
        return [(row["n"], row["reason"]) for row in found]


@pytest.fixture
def shop(tmp_path: Path, warehouse: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.delenv("MODELS_OF_TRIBUTARY", raising=False)
    found = Shop(tmp_path, warehouse)
    with found.instance:
        yield found


def test_lines_that_fit_are_rows_and_others_are_in_quarantine(shop: Shop, pg: psycopg.Connection[Any]) -> None:
    shop.make()
    assert shop.rows() == [("N", 100, "A, B"), ("W", None, None)]
    assert shop.rejected() == [(3, "population is not a valid bigint"), (4, "code is empty")]
    said = pg.execute(
        "SELECT obj_description('staged.regions'::regclass), col_description('staged.regions'::regclass, 2)"
    )
    assert said.fetchone() == ("What a region is called. Grain: one row a region.", "People who live there.")


def test_an_edited_seed_is_out_of_date_and_made_again_and_one_that_is_not_is_left(shop: Shop) -> None:
    assert shop.stale() == ["staged/regions"]
    shop.make()
    first = shop.warehouse.publication(shop.contents().seeds["staged.regions"].table).version
    assert shop.stale() == []
    shop.write({"seeds/regions.yaml": YAML.replace("What a region", "What each region")})
    assert shop.stale() == []
    shop.make()
    assert shop.warehouse.publication(shop.contents().seeds["staged.regions"].table).version == first
    assert "each" in shop.warehouse.rows("SELECT obj_description('staged.regions'::regclass) AS said")[0]["said"]
    shop.write({"seeds/regions.csv": CSV.replace("many", "7")})
    assert shop.stale() == ["staged/regions"]
    shop.make()
    assert shop.rows()[1] == ("S", 7, "C")
    assert shop.rejected() == [(4, "code is empty")]
    shop.write({"seeds/regions.csv": CSV + "N,1,again\n"})
    shop.make(fails=True)
    assert shop.rows()[1] == ("S", 7, "C")


def test_it_is_in_the_catalogue_and_stands_in_unit_tests_for_what_it_holds(shop: Shop) -> None:
    entry = catalogue_of(shop.sources, shop.home).by_key["staged.regions"]
    assert (entry.source, entry.grain, Path(entry.file).name) == ("shop", "one row a region", "regions.yaml")
    assert [(one.name, one.tags) for one in entry.columns][2] == ("mayor", ("pii",))
    assert {one.name for one in entry.checks} == {"unique_code", "records_reconcile", "no_rejects"}
    people = catalogue_of(shop.sources, shop.home).by_key["gold.people"]
    assert [one.column for one in people.columns[0].sources] == ["population"]
    contents = shop.contents()
    for given in ("", "  given:\n    staged.regions: [{code: X, population: 99}, {code: Y, population: 1}]\n"):
        shop.write({"gold/people.test.yaml": TEST.replace("  expect", f"{given}  expect")})
        [test] = read_tests(contents.models["gold.people"], contents.tables, contents.model_lineage, contents.seeds)
        assert run_test(shop.warehouse, test, None).passed


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"seeds/regions.yaml": None}, "regions.csv:1: no regions.yaml stands beside it"),
        ({"seeds/regions.csv": None}, "regions.yaml:1: it says what regions.csv holds, which is not there"),
        (
            {"seeds/regions.yaml": YAML.replace("grain:", "grian:")},
            "regions.yaml:2: unknown key grian; did you mean grain?",
        ),
        ({"seeds/regions.yaml": YAML.replace("bigint", "int")}, "regions.yaml:5: "),
        (
            {"seeds/regions.yaml": YAML + "kind: view\n"},
            "regions.yaml:10: kind is for models, not for seeds; remove it.",
        ),
        ({"seeds/regions.csv": "code,people\n"}, "regions.csv:1: regions.csv"),
        (
            {"seeds/regions.yaml": YAML.replace("unique: [code]", "references: {column: code, to: core.a.b}")},
            "regions.yaml:8: a seed is read before all other tables",
        ),
        (
            {"seeds/regions.yaml": YAML + "layer: gold\n", "seeds/people.csv": "x\n", "seeds/people.yaml": YAML},
            "people.csv",
        ),
    ],
)
def test_one_that_is_wrong_is_told_with_file_and_line_and_stops_no_other(
    shop: Shop, files: Mapping[str, str | None], told: str
) -> None:
    shop.write(
        {
            "seeds/sound.csv": "a\n1\n",
            "seeds/sound.yaml": YAML[: YAML.index("  code")] + '  a: {type: text, description: "A."}\n',
        }
    )
    shop.write(files)
    found = shop.contents()
    assert "staged.sound" in found.seeds
    assert [str(error) for error in found.found.errors if told in str(error)] != []
    if "staged.regions" in found.found.refused:
        assert "hangs on staged.regions" in found.found.refused["gold.people"]
