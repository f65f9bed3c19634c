"""One bad model file stops nobody, and runs keep the models that they were launched with."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import dagster as dg
import pytest
from sqlglot import exp

from tributary.assets.factory.lint import parsing
from tributary.assets.factory.model_files import ModelFolders
from tributary.assets.factory.refused import stub_asset
from tributary.assets.factory.specs import REFUSED
from tributary.assets.factory.sql_assets import ModelLineage, sql_asset
from tributary.model_store import HANDED_DOWN, Models, load_models_kept
from tributary.resources.warehouse.table import Column, Table

SALES = Table("staged", "sales", (Column("id", "integer", "Id."), Column("amount", "integer", "Amount.")))
MODEL = """/*
description: {name}.
grain: one row a sale
columns:
  id: {{type: integer, description: "Sale."}}
*/
SELECT s.id FROM {reads} AS s
"""


class Project:
    """A folder of models, `one` <- `two` <- `three` and `apart`, and a home."""

    def __init__(self, folder: Path) -> None:
        self.root, self.home = folder / "sql", folder / "models"
        self.write("core/one", reads="staged.sales")
        self.write("core/two", reads="core.one")
        self.write("gold/three", reads="core.two")
        self.write("gold/apart", reads="staged.sales")

    def path(self, name: str) -> Path:
        return self.root / "shop" / f"{name}.sql"

    def write(self, name: str, text: str = MODEL, reads: str = "staged.sales") -> None:
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text.format(name=name, reads=reads))

    def load(self) -> Models:
        return load_models_kept(ModelFolders.under(self.root), [SALES], self.home)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv(HANDED_DOWN, raising=False)
    return Project(tmp_path)


def test_a_broken_file_is_stood_in_for_by_its_last_sound_text(project: Project) -> None:
    before = project.load()
    assert (before.refused, before.errors) == ({}, ())
    project.write("core/one", "/*\nhalf")
    after = project.load()
    assert set(after.models) == set(before.models)
    assert after.models["core.one"].digest == before.models["core.one"].digest
    assert after.refused["core.one"].endswith("one.sql:1: the header's comment is not closed; close it with */.")
    assert "core.two hangs on core.one, whose file is refused: " in after.refused["core.two"]
    assert "gold.three hangs on core.one" in after.refused["gold.three"]
    assert "gold.apart" not in after.refused
    # Read again, by whatever process, it is the same; mended, nothing is left of it.
    assert project.load().refused == after.refused
    project.write("core/one", reads="staged.sales")
    assert project.load().refused == {}


def test_files_that_read_each_other_give_way_to_what_they_were(project: Project) -> None:
    before = project.load()
    project.write("core/one", reads="gold.three")
    after = project.load()
    assert set(after.models) == set(before.models)
    assert after.stubs == {}
    assert set(after.refused) == {"core.one", "core.two", "gold.three"}
    assert "reads gold.three, which reads core.two, which reads core.one" in after.refused["core.one"]
    assert project.load().refused == after.refused
    project.write("core/one", reads="staged.sales")
    assert project.load().refused == {}


def test_a_file_named_as_a_table_of_python_stops_no_reader_of_it(project: Project) -> None:
    project.write("staged/sales")
    found = project.load()
    assert [error.path.stem for error in found.errors] == ["sales"]
    assert (found.refused, set(found.models)) == ({}, {"core.one", "core.two", "gold.three", "gold.apart"})


def test_of_a_file_that_never_was_sound_only_the_name_is_known(project: Project) -> None:
    project.write("core/one", "nonsense")
    found = project.load()
    assert set(found.models) == {"core.two", "gold.three", "gold.apart"}
    assert set(found.stubs) == {"core.one"}
    assert set(found.refused) == {"core.one", "core.two", "gold.three"}


def test_an_edit_that_another_file_does_not_bear_refuses_that_other(project: Project) -> None:
    project.load()
    project.write("core/one", MODEL.replace("id:", "number:").replace("s.id", "s.id AS number"))
    found = project.load()
    assert set(found.refused) == {"core.two", "gold.three"}
    assert "s has no column id" in found.refused["core.two"]
    assert found.models["core.one"].table.column_names == ("number",)


def test_files_that_are_gone_are_gone(project: Project) -> None:
    project.load()
    project.path("gold/three").unlink()
    assert set(project.load().models) == {"core.one", "core.two", "gold.apart"}


def test_what_makes_a_table_twice_is_refused_and_so_is_a_file_that_stands_nowhere(project: Project) -> None:
    project.load()
    other = project.root / "toys" / "gold" / "apart.sql"
    other.parent.mkdir(parents=True)
    other.write_text(MODEL.format(name="x", reads="staged.sales"))
    (project.root / "stray.sql").write_text("SELECT 1")
    found = project.load()
    assert set(found.refused) == {"gold.apart"}
    assert [error.path.name for error in found.errors] == ["stray.sql", "apart.sql"]
    assert set(found.models) == {"core.one", "core.two", "gold.three", "gold.apart"}


@pytest.mark.parametrize("name", ["shop/gold/apart (copy)", "shop/gold/Apart", "my shop/gold/apart2", "shop/gold/é"])
def test_a_name_that_cannot_be_a_table_s_harms_nobody(project: Project, name: str) -> None:
    path = project.root / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(MODEL.format(name="x", reads="staged.sales"))
    found = project.load()
    assert (found.stubs, found.refused) == ({}, {})
    assert "the path gives a name that cannot be" in str(found.errors[0])
    assert len(found.models) == 4


def test_a_stub_is_an_asset_that_fails_with_the_sentence() -> None:
    asset = stub_asset("shop", "gold.new", Path("new.sql"), "new.sql:1: the file is empty.")
    run = dg.materialize(
        [asset], resources={"warehouse": object()}, instance=dg.DagsterInstance.ephemeral(), raise_on_error=False
    )
    (failed,) = [event for event in run.all_events if event.is_step_failure]
    data = failed.step_failure_data.user_failure_data
    assert data is not None
    assert data.description == "new.sql:1: the file is empty."


def test_a_refused_model_says_so_on_its_page_and_fails_with_the_sentence(project: Project) -> None:
    project.load()
    project.write("core/one", "nonsense")
    found = project.load()
    lineage = ModelLineage({SALES.key: SALES} | {key: model.table for key, model in found.models.items()})
    assets = [sql_asset(model, lineage, found.refused.get(key, "")) for key, model in found.models.items()]
    one = next(asset for asset in assets if asset.key == dg.AssetKey(["core", "one"]))
    description = one.specs_by_key[one.key].description or ""
    assert "Not made for now" in description
    assert "must begin with a comment" in description
    assert "core/one." in description
    assert REFUSED in one.specs_by_key[one.key].tags
    assert one.specs_by_key[one.key].kinds == {"core", "sql", REFUSED}
    run = dg.materialize(
        [one], resources={"warehouse": object()}, instance=dg.DagsterInstance.ephemeral(), raise_on_error=False
    )
    (failed,) = [event for event in run.all_events if event.is_step_failure]
    data = failed.step_failure_data.user_failure_data
    assert data is not None
    assert data.description == found.refused["core.one"]


def _digest(folder: str, _: object = None) -> str:
    return Project.load(_at(folder)).models["core.one"].digest


def _at(folder: str) -> Project:
    project = Project.__new__(Project)
    project.root, project.home = Path(folder) / "sql", Path(folder) / "models"
    return project


def test_a_process_of_the_loader_keeps_what_it_was_launched_with(project: Project, tmp_path: Path) -> None:
    before = project.load().models["core.one"].digest
    project.write("core/one", MODEL.replace("s.id FROM", "s.id + 1 AS id FROM"), reads="staged.sales")
    # As Dagster's code server starts a run: a child of the process that has loaded.
    # It ends by itself: where these tests ignore SIGINT, as in the background of a shell, Dagster ignores SIGTERM too.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(_digest, str(tmp_path)).result() == before
    # A process that is no child of it, though it has the same environment, reads the files.
    code = f"from tests.test_model_store import _digest; print(_digest({str(tmp_path)!r}))"
    shell = f'{sys.executable} -c "{code}"; true'
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() not in ("", before)
    assert project.load().models["core.one"].digest == done.stdout.strip()


def test_what_a_file_says_to_people_alone_is_not_in_its_code_version(project: Project) -> None:
    before = project.load().models["core.one"]
    told = (
        MODEL.replace("one row", "-- one line")
        .replace('"Sale."', '"A sale."')
        .replace("s.id", "/* it */\n  s.id -- n\n")
    )
    project.write("core/one", told, reads="staged.sales")
    after = project.load().models["core.one"]
    assert (after.digest, after.table.grain) == (before.digest, "-- one line a sale")
    assert after.table.definition == before.table.definition
    for other in (told.replace("s.id -- n", "s.id * 1 AS id"), told.replace("columns:", "tags: {{a: b}}\ncolumns:")):
        project.write("core/one", other, reads="staged.sales")
        assert project.load().models["core.one"].digest != before.digest


def test_what_was_kept_is_only_a_help(project: Project) -> None:
    project.load()
    for path in project.home.rglob("*.*"):
        path.write_text("{")
    assert set(project.load().models) == {"core.one", "core.two", "gold.three", "gold.apart"}
    for n in range(30):
        project.write("gold/apart", MODEL.replace("one row", f"{n} rows"))
        project.load()
    assert len(list(project.home.glob("*.json"))) <= 21


def test_known_texts_are_looked_through_again_when_a_table_in_python_has_changed(project: Project) -> None:
    project.load()
    changed = Table("staged", "sales", (Column("number", "integer", "Id."),))
    found = load_models_kept(ModelFolders.under(project.root), [changed], project.home)
    assert "s has no column id" in found.refused["core.one"]


def test_what_has_not_changed_is_not_read_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = project.load()
    read: list[str] = []

    def parse(text: str, parsed: Callable[[str], exp.Query] = parsing.parse) -> exp.Query:
        read.append(text.strip())
        return parsed(text)

    monkeypatch.setattr("tributary.assets.factory.lint.parsing.parse", parse)
    monkeypatch.setattr("tributary.assets.factory.model_reading.parse", parse)
    kept = project.load()
    assert read == []
    assert [kept.models[key].table for key in before.models] == [model.table for model in before.models.values()]
    assert kept.models["core.two"].statement("postgres") == before.models["core.two"].statement("postgres")
    assert read == []
    assert kept.models["core.two"].statement("athena") == before.models["core.two"].statement("athena")
    assert read == ["SELECT s.id FROM core.one AS s"]
    project.write("core/two", reads="gold.apart")
    assert project.load().models["core.two"].reads == ("gold.apart",)
    assert set(read[1:]) == {"SELECT s.id FROM gold.apart AS s", "SELECT s.id FROM core.two AS s"}  # and who reads it


KEYED = """/*
description: Amounts.
grain: one row a sale
columns:
  id: {type: integer, description: "Sale."}
  amount: {type: integer, description: "Amount."}
checks:
  - not_null: [id]
incremental: {keys: [id]}
*/
SELECT o.id, amount FROM core.one AS o LEFT JOIN core.more AS m ON m.id = o.id
"""


def test_how_a_model_follows_by_keys_is_kept_until_other_columns_are_read(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_amount = MODEL.replace(
        "*/\nSELECT s.id", '  amount: {{type: integer, description: "Amount."}}\n*/\nSELECT s.id, s.amount'
    )
    project.write("core/one", with_amount)
    project.write("core/more")
    project.write("gold/keyed", KEYED.replace("{", "{{").replace("}", "}}"))
    first = project.load().models["gold.keyed"].by_keys
    assert first is not None
    assert "o.amount" in first.statement
    with monkeypatch.context() as patch:
        patch.setattr("tributary.assets.factory.model_reading.by_keys", _never)
        assert project.load().models["gold.keyed"].by_keys == first
    project.write("core/one")
    project.write("core/more", with_amount)
    then = project.load().models["gold.keyed"].by_keys
    assert then is not None
    assert "m.amount" in then.statement


REFERRING = MODEL.replace(
    "*/\n", "checks:\n  - references: {{column: id, to: core.one.id}}\n  - unique: [id]\n*/\n"
).replace("AS s", "AS s GROUP BY s.id")


def test_which_checks_surely_hold_is_kept_until_other_columns_are_read(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("gold/referring", REFERRING, reads="core.one")
    project.load()
    kept = (project.home / "read.pickle").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("tributary.assets.factory.model_reading.proven", _never)
        assert project.load().models["gold.referring"].proven == {"references_id_one", "unique_id"}
    assert (project.home / "read.pickle").read_bytes() == kept
    # Of another type, an equal value may become another one.
    project.write("core/one", MODEL.replace("id: {{type: integer", "id: {{type: bigint"))
    assert project.load().models["gold.referring"].proven == frozenset()


def _never(*_: object) -> None:
    raise AssertionError("it is derived again")


def test_what_was_read_elsewhere_is_no_help(project: Project, tmp_path: Path) -> None:
    project.load()
    elsewhere = Project(tmp_path / "elsewhere")
    elsewhere.home = project.home
    assert [model.path for model in elsewhere.load().models.values()] == [
        elsewhere.path(name) for name in ("core/one", "core/two", "gold/apart", "gold/three")
    ]


def test_what_others_could_have_written_is_not_read_back(project: Project, tmp_path: Path) -> None:
    project.load()
    (kept,) = project.home.glob("*.pickle")
    sign, rules = tmp_path / "sign", kept.read_bytes()[:64]
    kept.write_bytes(rules + pickle.dumps(Trap(sign)))
    kept.chmod(0o666)
    assert set(project.load().models) == {"core.one", "core.two", "gold.three", "gold.apart"}
    assert not sign.exists()


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 64, "half"])
def test_what_is_kept_may_be_lost(project: Project, content: bytes | str) -> None:
    before = project.load()
    (kept,) = project.home.glob("*.pickle")
    kept.write_bytes(kept.read_bytes()[:500] if isinstance(content, str) else content)
    assert set(project.load().models) == set(before.models)
    assert set(project.load().models) == set(before.models)


class Trap:
    """Leaves a sign where it is read back."""

    def __init__(self, sign: Path) -> None:
        self.sign = sign

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.sign,)
