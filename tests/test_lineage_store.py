"""Column lineage that is kept: told as derived, by whoever asks next, for as long as it follows from the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tributary.assets.factory import lineage
from tributary.assets.factory.flow import ModelLineage
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_reading import load_models
from tributary.assets.source import SourceColumn
from tributary.lineage_store import KeptLineage
from tributary.resources.warehouse.table import Column, Table

SALES = Table("core", "sales", (Column("amount", "integer", "n"), Column("discount", "integer", "n")), "Sales.")
MODEL = """/*
description: Sums.
grain: one row
columns:
  total: {{type: bigint, description: "Sum."}}
*/
select sum({what}) as total from core.sales
"""


def read(root: Path, what: str) -> SqlModel:
    path = root / "shop" / "gold" / "totals.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(MODEL.format(what=what), encoding="utf-8")
    return load_models(root, [SALES])["gold.totals"]


def of(model: SqlModel, path: Path, table: Table = SALES) -> object:
    kept = KeptLineage({table.key: table}, path)
    try:
        return kept.of(model)
    finally:
        kept.keep()


@pytest.fixture
def derivations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was derived, by the text of its SELECT."""
    told: list[str] = []
    derive = lineage.flow_of
    monkeypatch.setattr(
        lineage, "flow_of", lambda select, schema: (told.append(select.sql()), derive(select, schema))[1]
    )
    return told


def test_what_one_process_derived_the_next_one_reads(tmp_path: Path, derivations: list[str]) -> None:
    model = read(tmp_path, "amount")
    first, second = of(model, tmp_path / "kept"), of(model, tmp_path / "kept")
    assert first == second == ModelLineage({SALES.key: SALES}).of(model)
    assert first == {"total": (SourceColumn("core.sales", "amount"),)}
    assert len(derivations) == 2  # by the first, and by the one that keeps nothing


def test_another_text_and_other_columns_of_an_input_are_derived_anew(tmp_path: Path, derivations: list[str]) -> None:
    kept = tmp_path / "kept"
    of(read(tmp_path, "amount"), kept)
    assert of(read(tmp_path, "discount"), kept) == {"total": (SourceColumn("core.sales", "discount"),)}
    wider = Table("core", "sales", (*SALES.columns, Column("tax", "integer", "n")), "Sales.")
    of(read(tmp_path, "amount"), kept, wider)
    assert len(derivations) == 3
    of(read(tmp_path, "discount"), kept)
    assert len(derivations) == 3


@pytest.mark.parametrize("text", ["", "{", '{"a": 1}', "\0"])
def test_a_damaged_file_is_as_none(tmp_path: Path, text: str) -> None:
    kept = tmp_path / "kept"
    kept.write_text(text, encoding="utf-8")
    assert of(read(tmp_path, "amount"), kept) == {"total": (SourceColumn("core.sales", "amount"),)}
    assert len(kept.read_bytes()) > len(text)


def test_where_nothing_can_be_kept_it_is_derived(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert of(read(tmp_path, "amount"), tmp_path / "file" / "kept") == {
        "total": (SourceColumn("core.sales", "amount"),)
    }
