"""The unit tests of the project's own models hold, and the command that runs them says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import Cli

from tributary.assets.factory.errors import ModelError
from tributary.assets.sources import get_sources
from tributary.assets.unit_tests.declared import UnitTest, read_tests
from tributary.assets.unit_tests.running import run_test
from tributary.cli import unit_tests
from tributary.contents import Contents, read_contents
from tributary.resources.warehouse import opening
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return read_contents(get_sources(), tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def tests(contents: Contents) -> list[UnitTest]:
    models = [*contents.models.values(), *(report.model for report in contents.reports.values())]
    return [one for model in models for one in read_tests(model, contents.tables, contents.model_lineage)]


def test_all_pass_and_say_all_that_decides(
    tests: list[UnitTest], contents: Contents, warehouse: PostgresWarehouse
) -> None:
    reports = {report.table.key: report for report in contents.reports.values()}
    outcomes = [run_test(warehouse, one, reports.get(one.model.key)) for one in tests]
    assert [(one.test.model.key, one.test.name, one) for one in outcomes if not one.passed] == []
    assert [(one.model.key, one.name, one.silent) for one in tests if one.silent] == []


def test_every_core_and_gold_model_has_one(tests: list[UnitTest], contents: Contents) -> None:
    tested = {one.model.key for one in tests}
    assert [key for key in contents.models if key.startswith(("core.", "gold.")) and key not in tested] == []


def test_the_command_runs_those_of_a_model_and_fails_with_them(cli: Cli, tmp_path: Path) -> None:
    done = cli("test", "gold.sneakers_by_brand", home=tmp_path / "home")
    assert "✓ gold.sneakers_by_brand: " in done.stdout
    assert done.stdout.endswith("2 tests of 1 model: all passed.\n")
    assert cli("test", "gold.sneaker_by_brand", check=False, home=tmp_path / "home").returncode == 2


@pytest.mark.parametrize(("what", "status"), [("gold.sneakers_by_brand", 1), ("sneakers", 1), ("pledges", 0)])
def test_a_model_whose_file_is_refused_fails_though_its_last_sound_text_would_pass(
    contents: Contents,
    warehouse: PostgresWarehouse,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    what: str,
    status: int,
) -> None:
    error = ModelError(contents.models["gold.sneakers_by_brand"].path, 9, "it divides by zero.")
    broken = replace(contents, found=replace(contents.found, errors=(error,)))
    monkeypatch.setattr(unit_tests, "read_contents", lambda *_: broken)
    monkeypatch.setattr(opening, "open_warehouse", lambda _: warehouse)
    assert unit_tests.unit_tests([what], [], "HEAD") == status
    told = capsys.readouterr()
    assert "✓ gold.sneakers_by_brand" not in told.out
    assert ("sneakers_by_brand.sql:9: it divides by zero." in told.err) == bool(status)
