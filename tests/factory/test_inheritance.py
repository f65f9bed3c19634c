"""Personal data stays marked wherever its values go, unless a model says that nothing personal is left."""

from __future__ import annotations

from pathlib import Path

from tributary.assets.factory.inheritance import inherit_tags
from tributary.assets.factory.model_reading import load_models
from tributary.assets.factory.sql_assets import ModelLineage
from tributary.resources.warehouse.table import HIDDEN, Column, Table

PEOPLE = Table("staged", "people", (Column("id", "text", "Id."), Column("email", "text", "Mail.", tags=("pii",))))


def write(root: Path, layer: str, name: str, columns: str, select: str) -> None:
    path = root / "crm" / layer / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"/*\ndescription: D.\ngrain: one row a thing\ncolumns:\n{columns}*/\n{select}\n")


def tags(root: Path) -> dict[str, tuple[str, ...]]:
    models = load_models(root, [PEOPLE])
    lineage = ModelLineage({PEOPLE.key: PEOPLE} | {key: model.table for key, model in models.items()})
    found = inherit_tags(models, {PEOPLE.key: PEOPLE}, lineage.of)
    return {f"{key}.{column.name}": column.tags for key, model in found.items() for column in model.table.columns}


def test_the_tag_follows_values_through_tables_and_expressions(tmp_path: Path) -> None:
    write(
        tmp_path,
        "core",
        "dim_person",
        '  id: {type: text, description: "I."}\n  address: {type: text, description: "A."}\n',
        "SELECT p.id, lower(p.email) AS address FROM staged.people AS p",
    )
    write(
        tmp_path,
        "gold",
        "domains",
        '  domain: {type: text, description: "D."}\n'
        '  people: {type: bigint, description: "P.", tags: [not_pii]}\n'
        '  ids: {type: bigint, description: "I."}\n',
        "WITH d AS (SELECT substring(x.address, 3) AS domain, x.address, x.id FROM core.dim_person AS x) "
        "SELECT d.domain, count(d.address) AS people, count(d.id) AS ids FROM d GROUP BY d.domain",
    )
    found = tags(tmp_path)
    assert found["core.dim_person.address"] == ("pii",)
    assert found["core.dim_person.id"] == ()
    assert found["gold.domains.domain"] == ("pii",)
    assert found["gold.domains.people"] == ("not_pii",)
    assert found["gold.domains.ids"] == ()


def test_personal_data_is_hidden_when_rows_are_shown() -> None:
    assert PEOPLE.masked({"id": "1", "email": "a@b.c"}) == {"id": "1", "email": HIDDEN}
    assert PEOPLE.masked({"id": "1", "email": None}) == {"id": "1", "email": None}
