"""What people hung on tables and views is there after every write, as it was: grants, row security, policies."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from tests.warehouse.conftest import Server

from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table

KEY, AMOUNT, SHOP = Column("key", "integer", "K."), Column("amount", "integer", "A."), Column("shop", "text", "S.")
SALES = Table("gold", "sales", (KEY, AMOUNT, SHOP))
ROWS = Select("SELECT g AS key, g * 10 AS amount, CASE WHEN g > 2 THEN 'mine' ELSE 'theirs' END AS shop "
              "FROM generate_series(1, 5) AS g")  # fmt: skip
CHANGES = {
    "first column's type": (
        Table("gold", "sales", (Column("key", "bigint", "K."), AMOUNT, SHOP)),
        ROWS,
    ),
    "first column renamed": (
        Table("gold", "sales", (Column("id", "bigint", "K."), AMOUNT, SHOP)),
        Select(f"SELECT key AS id, amount, shop FROM ({ROWS.sql}) AS r"),
    ),
    "a column more": (
        Table("gold", "sales", (KEY, AMOUNT, SHOP, Column("note", "text", "N."))),
        Select(f"SELECT *, 'x' AS note FROM ({ROWS.sql}) AS r"),
    ),
}


def hung(admin: psycopg.Connection[Any], relation: str = "gold.sales") -> list[object]:
    """All that is to stay, with the columns that the changes take left out."""
    relacl = admin.execute(
        "SELECT relowner::regrole, array(SELECT unnest(relacl)::text ORDER BY 1), relrowsecurity, relforcerowsecurity, "
        "reloptions FROM pg_class WHERE oid = %s::regclass",
        [relation],
    ).fetchall()
    attacl = admin.execute(
        "SELECT attname, array(SELECT unnest(attacl)::text ORDER BY 1) FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attacl IS NOT NULL AND NOT attisdropped ORDER BY 1",
        [relation],
    ).fetchall()
    policies = admin.execute(
        "SELECT policyname, permissive, roles, cmd, qual, with_check FROM pg_policies "
        "WHERE schemaname || '.' || tablename = %s ORDER BY 1",
        [relation],
    ).fetchall()
    return [relacl, attacl, policies]


@pytest.fixture
def dressed(by_url: PostgresWarehouse, admin: psycopg.Connection[Any], server: Server) -> PostgresWarehouse:
    """A table with every kind of grant, of which the role `plain` sees some rows and some columns."""
    by_url.replace(SALES, ROWS)
    plain, other, seeing = server.role("plain"), server.role("other"), server.role("seeing")
    admin.execute(f"GRANT USAGE ON SCHEMA gold TO {plain}, {other}, {seeing}")
    admin.execute(f"GRANT SELECT (amount, shop) ON gold.sales TO {plain} WITH GRANT OPTION")
    admin.execute(f"GRANT SELECT, UPDATE ON gold.sales TO {other} WITH GRANT OPTION")
    with admin.transaction():
        admin.execute(f"SET LOCAL ROLE {other}")
        admin.execute(f"GRANT SELECT ON gold.sales TO {seeing} WITH GRANT OPTION")
    with admin.transaction():
        admin.execute(f"SET LOCAL ROLE {seeing}")
        admin.execute(f"GRANT SELECT ON gold.sales TO {server.role('writer')}")
    admin.execute("ALTER TABLE gold.sales ENABLE ROW LEVEL SECURITY")
    admin.execute(f"CREATE POLICY own ON gold.sales FOR SELECT TO {plain} USING (shop = 'mine')")
    admin.execute("CREATE POLICY few ON gold.sales AS RESTRICTIVE USING (amount < 50) WITH CHECK (amount < 10)")
    # What is taken from everybody must not come back by the defaults for what is new.
    admin.execute(
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {server.role('writer')} GRANT ALL ON TABLES TO {plain}, PUBLIC;"
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {server.role('writer')} GRANT USAGE ON SCHEMAS TO {plain}, PUBLIC"
    )
    return by_url


def seen_by_plain(server: Server, sql: str = "SELECT amount FROM gold.sales ORDER BY 1") -> list[int]:
    with psycopg.connect(server.url("plain")) as connection:
        return [row[0] for row in connection.execute(sql).fetchall()]


@pytest.mark.parametrize("change", CHANGES)
def test_a_table_that_changes_its_columns_keeps_all_that_hangs_on_it(
    dressed: PostgresWarehouse, admin: psycopg.Connection[Any], server: Server, change: str
) -> None:
    before = hung(admin)
    assert seen_by_plain(server) == [30, 40]
    oid = admin.execute("SELECT 'gold.sales'::regclass::oid").fetchone()
    dressed.replace(*CHANGES[change])
    assert hung(admin) == before
    assert admin.execute("SELECT 'gold.sales'::regclass::oid").fetchone() == oid
    assert seen_by_plain(server) == [30, 40]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        seen_by_plain(server, "SELECT * FROM gold.sales")
    dressed.replace(SALES, ROWS)
    assert hung(admin) == before


def test_a_table_that_somebody_partitions_by_a_column_is_left_with_the_reason(
    by_url: PostgresWarehouse, admin: psycopg.Connection[Any]
) -> None:
    by_url.replace(SALES, ROWS)
    [(part, owner)] = admin.execute(
        "SELECT i.inhrelid::regclass::text, c.relowner::regrole::text FROM pg_inherits i "
        "JOIN pg_class c ON c.oid = i.inhparent"
    ).fetchall()
    admin.execute(f"ALTER TABLE gold.sales DETACH PARTITION {part}; DROP TABLE gold.sales")
    admin.execute("CREATE TABLE gold.sales (key integer, amount integer, shop text) PARTITION BY LIST (key)")
    admin.execute(f"ALTER TABLE gold.sales OWNER TO {owner}; ALTER TABLE gold.sales ATTACH PARTITION {part} DEFAULT")
    with pytest.raises(WarehouseError, match="part of the partition key"):
        by_url.replace(*CHANGES["first column's type"])
    assert admin.execute("SELECT sum(amount) FROM gold.sales").fetchone() == (150,)


VIEW = Table("gold", "seen", (KEY, AMOUNT, SHOP), kind="view")
VIEW_CHANGES = {
    "a column more": (
        Table("gold", "seen", (KEY, AMOUNT, SHOP, Column("more", "integer", "M.")), kind="view"),
        "SELECT key, amount, shop, amount AS more FROM gold.sales",
    ),
    "another type": (
        Table("gold", "seen", (Column("key", "bigint", "K."), AMOUNT, SHOP), kind="view"),
        "SELECT key, amount, shop FROM gold.sales",
    ),
    "a column less, another order": (
        Table("gold", "seen", (SHOP, AMOUNT), kind="view"),
        "SELECT shop, amount FROM gold.sales",
    ),
}


@pytest.mark.parametrize("change", VIEW_CHANGES)
def test_a_view_that_changes_its_columns_keeps_its_grants(
    by_url: PostgresWarehouse, admin: psycopg.Connection[Any], server: Server, change: str
) -> None:
    by_url.replace(SALES, ROWS)
    by_url.replace(VIEW, Select("SELECT key, amount, shop FROM gold.sales"))
    plain, other, writer = server.role("plain"), server.role("other"), server.role("writer")
    admin.execute(f"GRANT USAGE ON SCHEMA gold TO {plain}, {other}")
    admin.execute(
        f"GRANT SELECT (amount) ON gold.seen TO {plain} WITH GRANT OPTION; GRANT SELECT ON gold.seen TO {other}"
    )
    admin.execute(f"ALTER DEFAULT PRIVILEGES FOR ROLE {writer} GRANT ALL ON TABLES TO {plain}")
    admin.execute("ALTER VIEW gold.seen SET (security_barrier = true)")
    before = hung(admin, "gold.seen")
    table, select = VIEW_CHANGES[change]
    by_url.replace(table, Select(select))
    assert hung(admin, "gold.seen") == before
    assert seen_by_plain(server, "SELECT amount FROM gold.seen ORDER BY 1") == [10, 20, 30, 40, 50]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        seen_by_plain(server, "SELECT shop FROM gold.seen")


def test_a_grant_that_cannot_be_made_again_is_named_and_stays(
    by_url: PostgresWarehouse, admin: psycopg.Connection[Any], server: Server
) -> None:
    by_url.replace(SALES, ROWS)
    by_url.replace(VIEW, Select("SELECT key, amount, shop FROM gold.sales"))
    other, plain = server.role("other"), server.role("plain")
    admin.execute("GRANT USAGE ON SCHEMA gold TO PUBLIC")
    admin.execute(f"GRANT SELECT ON gold.seen TO {other} WITH GRANT OPTION")
    with admin.transaction():
        admin.execute(f"SET LOCAL ROLE {other}")
        admin.execute(f"GRANT SELECT ON gold.seen TO {plain}")
    table, select = VIEW_CHANGES["another type"]
    with pytest.raises(WarehouseError, match=f"{other} granted SELECT on it to {plain}"):
        by_url.replace(table, Select(select))
    admin.execute(f"REVOKE SELECT ON gold.seen FROM {other} CASCADE")
    by_url.replace(table, Select(select))


def test_a_view_that_others_depend_on_is_not_dropped(by_url: PostgresWarehouse, admin: psycopg.Connection[Any]) -> None:
    by_url.replace(SALES, ROWS)
    by_url.replace(VIEW, Select("SELECT key, amount, shop FROM gold.sales"))
    admin.execute("CREATE VIEW public.top AS SELECT max(amount) FROM gold.seen")
    table, select = VIEW_CHANGES["another type"]
    with pytest.raises(WarehouseError, match=r"hang on it: .*public\.top"):
        by_url.replace(table, Select(select))
    by_url.replace(VIEW_CHANGES["a column more"][0], Select(VIEW_CHANGES["a column more"][1]))
    assert admin.execute("SELECT max FROM public.top").fetchone() == (50,)


def test_rows_aside_are_reached_by_no_default_privileges(
    by_url: PostgresWarehouse, admin: psycopg.Connection[Any], server: Server
) -> None:
    writer, plain = server.role("writer"), server.role("plain")
    admin.execute(f"ALTER DEFAULT PRIVILEGES FOR ROLE {writer} GRANT ALL ON SCHEMAS TO {plain}, PUBLIC")
    admin.execute(f"ALTER DEFAULT PRIVILEGES FOR ROLE {writer} GRANT ALL ON TABLES TO {plain}, PUBLIC")
    by_url.replace(SALES, ROWS)
    part = admin.execute("SELECT inhrelid::regclass::text FROM pg_inherits").fetchone()
    assert part is not None
    with psycopg.connect(server.url("plain"), autocommit=True) as reader:
        assert reader.execute("SELECT count(*) FROM gold.sales").fetchone() == (5,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="schema _parts"):
            reader.execute(f"SELECT * FROM {part[0]}")


def test_row_security_that_binds_the_owner_fails_a_write_and_loses_no_row(
    by_url: PostgresWarehouse, admin: psycopg.Connection[Any], server: Server
) -> None:
    by_url.replace(SALES, ROWS)
    admin.execute("ALTER TABLE gold.sales ENABLE ROW LEVEL SECURITY; ALTER TABLE gold.sales FORCE ROW LEVEL SECURITY")
    with pytest.raises(WarehouseError, match="row-level security"):
        by_url.replace(Table("gold", "sums", (AMOUNT,)), Select("SELECT sum(amount) AS amount FROM gold.sales"))
    with psycopg.connect(server.url("plain")) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT 1")
        by_url.replace(SALES, ROWS)
    assert admin.execute("SELECT count(*), sum(amount) FROM gold.sales").fetchone() == (5, 150)
