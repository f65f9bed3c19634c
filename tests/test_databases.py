"""The three databases: on the embedded server, and on a server given by URL with all that can be wrong with it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.resources.postgres.databases import Databases, connect, masked
from tributary.resources.postgres.embedded import EmbeddedPostgres
from tributary.resources.postgres.errors import PostgresError
from tributary.resources.postgres.owner import server_user
from tributary.resources.settings import Settings


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose embedded server runs for all tests of this module; each uses a prefix of its own."""
    home = tmp_path_factory.mktemp("home")
    with EmbeddedPostgres(home / "postgres", home / "postgres.lock"):
        yield home


def url_on(home: Path, user: str = "postgres") -> str:
    """The embedded server's URL, as if it were somebody's own server."""
    folder = EmbeddedPostgres(home / "postgres", home / "postgres.lock").socket_folder
    return f"postgresql://{user}@/postgres?host={quote(str(folder), safe='')}"


def settings_for(home: Path, **fields: object) -> Settings:
    return Settings.model_validate({"home": home, **fields})


def test_the_three_databases_are_made_once_and_reached_by_url(home: Path) -> None:
    with connect(settings_for(home, database_prefix="t_")) as databases:
        with psycopg.connect(databases.url("warehouse")) as connection:
            assert connection.info.dbname == "t_warehouse"
            connection.execute("CREATE TABLE kept (n int)")
        with psycopg.connect(databases.url("app")) as connection:
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        with psycopg.connect(databases.url("dagster")) as connection:
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("off",)
        with connect(settings_for(home, database_prefix="t_")) as again:
            assert again.url("warehouse") == databases.url("warehouse")
            with psycopg.connect(again.url("warehouse")) as connection:
                assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_sqlalchemy_reads_the_url_with_psycopg(home: Path) -> None:
    import sqlalchemy

    with connect(settings_for(home)) as databases:
        engine = sqlalchemy.create_engine(databases.sqlalchemy_url("app"))
        with engine.connect() as connection:
            assert connection.execute(sqlalchemy.text("SELECT current_database()")).scalar() == "app"
        engine.dispose()


def test_databases_made_by_many_at_once_are_made_once(home: Path) -> None:
    theirs = settings_for(home, postgres_url=url_on(home), database_prefix="many_")
    with ThreadPoolExecutor(6) as pool:
        every = list(pool.map(connect, [theirs] * 6))
    assert {databases.server for databases in every} == {None}
    with psycopg.connect(url_on(home)) as connection:
        count = connection.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'many\\_%'").fetchone()
    assert count == (3,)


def test_a_user_who_may_not_make_databases_is_told(home: Path) -> None:
    with psycopg.connect(url_on(home)) as connection:
        connection.execute("CREATE ROLE clerk LOGIN")
    theirs = settings_for(home, postgres_url=url_on(home, "clerk:s3cret"), database_prefix="clerk_")
    with pytest.raises(PostgresError, match="may not make the database 'clerk_warehouse': grant it CREATEDB") as caught:
        connect(theirs)
    assert "s3cret" not in str(caught.value)


def test_a_server_that_is_not_there_is_told_without_the_password(home: Path) -> None:
    theirs = settings_for(home, postgres_url="postgresql://me:s3cret@127.0.0.1:1/db")
    with pytest.raises(
        PostgresError, match=r"me:\*+@127.0.0.1:1/db.* cannot be reached \(Connection refused\)"
    ) as caught:
        connect(theirs)
    assert "s3cret" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("url", ["postgresql://me:%zzs3cret@h/db", "postgresql://["])
def test_a_url_that_cannot_be_read_is_told_without_the_password(home: Path, url: str) -> None:
    with pytest.raises(PostgresError, match="TRIBUTARY_POSTGRES_URL cannot be read as a URL") as caught:
        connect(settings_for(home, postgres_url=url))
    assert "s3cret" not in str(caught.value)


def test_an_older_server_is_refused(tmp_path: Path) -> None:
    from tributary.resources.postgres import binaries

    old = binaries.install_folder().with_name("pginstall")
    if not (old / "bin" / "initdb").exists():
        pytest.skip("the installed package brings no older server")
    user = server_user()
    user.make_reachable(tmp_path / "old")
    user.make_readable(old)
    (tmp_path / "old").mkdir()
    user.own(tmp_path / "old")

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(old / "bin" / program), *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd="/",
            user=user.uid,
            group=user.gid,
            extra_groups=[] if user.switch else None,
        )

    data = str(tmp_path / "old" / "data")
    run("initdb", "-D", data, "-U", "postgres", "--no-sync", "--auth=trust")
    run("pg_ctl", "-D", data, "-w", "-l", f"{data}/log", "-o", f"-h '' -k {tmp_path / 'old'}", "start")
    try:
        url = f"postgresql://postgres@/postgres?host={quote(str(tmp_path / 'old'), safe='')}"
        with pytest.raises(PostgresError, match="is Postgres 16: Tributary needs 17 or later"):
            connect(settings_for(tmp_path, postgres_url=url))
    finally:
        run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


def test_the_password_is_not_shown() -> None:
    databases = Databases("postgresql://me:s3cret@db.example/postgres")
    assert "s3cret" not in repr(databases)
    assert databases.url("app") == "postgresql://me:s3cret@db.example/app"


passwords = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1)


@settings(deadline=None)
@given(one=passwords, other=passwords, in_query=st.booleans())
def test_a_masked_url_says_nothing_of_the_password(one: str, other: str, in_query: bool) -> None:
    def url(password: str) -> str:
        secret = quote(password, safe="")
        return f"postgresql://me@h/d?password={secret}" if in_query else f"postgresql://me:{secret}@h:5432/d"

    assert masked(url(one)) == masked(url(other))
    assert masked(url(one)).startswith("postgresql://me")
