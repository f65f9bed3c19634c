"""Who sees what by the API, what it says of tables, and what it says where they cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.api.conftest import THINGS, TWINS, Shop, put, shop_of, things
from tributary.assets.sources import get_sources
from tributary.catalogue import get_catalogue
from tributary.resources.principal import Principal, Role, roles_up_to
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

VIEWER = Principal("eve", roles_up_to(Role.VIEWER))


def test_personal_data_are_for_those_who_were_granted_them(shop: Shop, reader: str, tmp_path: Path) -> None:
    assert shop.rows("/tables/gold.things/rows", limit=1)[0]["owner"] == "person 1"
    seen = shop.get("/tables/gold.things/rows")
    with shop_of(reader, tmp_path, VIEWER) as theirs:
        answer = theirs.get("/tables/gold.things/rows")
        assert "owner" not in answer.json()["rows"][0]
        assert answer.headers["etag"] != seen.headers["etag"]
        assert (
            theirs.get("/tables/gold.things/rows", headers={"If-None-Match": seen.headers["etag"]}).status_code == 200
        )
        assert "owner" not in theirs.get("/things/3").json()
        assert b"person" not in theirs.get("/tables/gold.things/rows?format=csv").content
        for asked in (
            "rows?select=id,owner",
            "rows?owner=eq.person 1",
            "rows?order=owner",
            "rows?owner=like.*&format=csv",
            "aggregate?measures=count&dimensions=owner",
            "aggregate?measures=max(owner)",
            "aggregate?measures=count&owner=eq.person 1",
        ):
            refused = theirs.get(f"/tables/gold.things/{asked}")
            assert (refused.status_code, "take the scope pii" in refused.text) == (403, True), asked
        columns = {one["name"]: one["tags"] for one in theirs.get("/tables/gold.things").json()["columns"]}
        assert columns["owner"] == ["pii"]


def test_a_table_says_what_it_is_and_what_its_checks_found(shop: Shop) -> None:
    found = shop.get("/tables/gold.things").json()
    assert (found["key"], found["grain"], found["rows"], found["keys"]) == (
        "gold.things",
        "one row a thing",
        60,
        [["id"]],
    )
    assert found["checks"] == [
        {"name": "unique_id", "holds": "No two rows share id.", "severity": "error", "failures": 0}
    ]
    assert datetime.now(UTC) - datetime.fromisoformat(found["updated_at"]) < timedelta(minutes=5)
    assert found["publication"] == shop.get("/tables/gold.things/rows").json()["publication"]
    assert [one["key"] for one in shop.get("/tables", params={"source": "shop"}).json()] == [
        "gold.things",
        "gold.twins",
    ]
    assert shop.get("/tables", params={"layer": "core"}).json() == []


def test_named_resources_give_a_row_or_a_page_of_them(shop: Shop) -> None:
    assert shop.get("/things/3").json()["id"] == 3
    missing, odd = shop.get("/things/300"), shop.get("/things/three")
    assert missing.status_code == 404
    assert missing.json()["detail"] == "gold.things has no row of id 300."
    assert odd.status_code == 400
    assert "'three' is no integer" in odd.json()["detail"]
    assert [row["id"] for row in shop.rows("/makers/ann/things", order="id.desc", limit=3)] == [55, 46, 37]
    assert shop.get("/makers/ann/things", params={"id": "lt.10"}).json()["rows"][0]["id"] == 1
    assert shop.rows("/makers/nobody/things") == []
    assert shop.rows("/makers/x%25y/things", limit=1)[0]["name"] == "x%y"


def test_a_table_that_was_not_made_is_told_of_as_such(
    warehouse: PostgresWarehouse, reader: str, tmp_path: Path
) -> None:
    with shop_of(reader, tmp_path) as empty:
        assert [one["updated_at"] for one in empty.get("/tables").json()] == [None, None]
        for path in ("/tables/gold.things/rows", "/things/1", "/tables/gold.things/rows?format=arrow"):
            answer = empty.get(path)
            assert (answer.status_code, "materialise it first" in answer.text) == (404, True), path
        put(warehouse, TWINS, [])
        assert empty.rows("/tables/gold.twins/rows") == []
        answer = empty.get("/tables/gold.things/rows")
        assert answer.status_code == 404
        assert "materialise it first" in answer.json()["detail"]


def test_a_database_that_does_not_answer_is_told_of_and_asked_again(tmp_path: Path) -> None:
    with shop_of("postgresql://nobody@127.0.0.1:9/none", tmp_path, patience=0.5) as shut:
        answer = shut.get("/tables/gold.things/rows")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "nobody" not in answer.text


def test_what_takes_too_long_is_ended(warehouse: PostgresWarehouse, reader: str, tmp_path: Path) -> None:
    put(warehouse, THINGS, things())
    with shop_of(reader, tmp_path, seconds=0.001) as hasty:
        answers = {
            hasty.get("/tables/gold.things/aggregate?measures=count_distinct(name)").status_code for _ in range(30)
        }
        assert 504 in answers
        assert answers <= {200, 504}


def test_unknown_tables_and_paths_are_problems_too(shop: Shop) -> None:
    for path in (
        "/tables/gold.other",
        "/tables/pg_catalog.pg_class/rows",
        "/tables/x/rows",
        "/tables/_published.tables/rows",
    ):
        answer = shop.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
    assert shop.get("/elsewhere").json()["detail"].startswith("There is nothing at this path")
    assert shop.client.post("/tables").status_code == 405


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/static-offline-docs/swagger-ui-bundle.js"])
def test_its_documentation_loads_nothing_from_elsewhere(shop: Shop, path: str) -> None:
    answer = shop.get(path)
    assert answer.status_code == 200
    assert path.endswith(".js") or "https://" not in answer.text


def test_every_resource_that_a_source_declares_is_of_columns_of_a_table() -> None:
    by_key = get_catalogue().by_key
    declared = [(source.name, one) for source in get_sources() for one in source.resources]
    assert {name for name, _ in declared} >= {"retail", "social", "meetup", "sneakers"}
    for name, one in declared:
        columns = {column.name for column in by_key[one.table].columns}
        wanted = [part[1:-1] for part in one.path.split("/") if part.startswith("{")]
        assert set(wanted) <= columns, (name, one.path)
        assert one.many or any(set(key) == set(wanted) for key in by_key[one.table].keys), one.path


def test_it_describes_itself(shop: Shop) -> None:
    document = shop.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/tables",
        "/tables/{table}",
        "/tables/{table}/rows",
        "/tables/{table}/aggregate",
        "/things/{id}",
        "/makers/{name}/things",
    }
    thing = document["paths"]["/things/{id}"]["get"]
    assert [one["name"] for one in thing["parameters"]] == ["id"]
    schema = thing["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert set(document["components"]["schemas"][schema]["properties"]) == set(THINGS.column_names)
    assert {"404", "409", "503"} <= set(thing["responses"])
