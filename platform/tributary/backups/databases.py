"""Dumps databases of one moment each, and puts dumps back: by the programs that come with the embedded server."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from tributary.backups.store import BackupError, Dump, Store
from tributary.resources.postgres.binaries import MAJOR_VERSION, program
from tributary.resources.warehouse.postgres.notes import adopt_notes, sound_notes

_JOBS = "2"
_ATTEMPTS = 5
_NOTED = "SELECT to_regclass('_parts.published_tables') IS NOT NULL"


def dump(url: str, folder: Path, store: Store) -> Dump:
    """Dump a database as it is at one moment into the store, by way of a folder.

    A table that is dropped just then makes the program give up: it is begun again.

    Raises:
        BackupError: the server refuses.
    """
    fault = ""
    for _ in range(_ATTEMPTS):
        with psycopg.connect(url, application_name="tributary backup") as connection:
            if connection.info.server_version >= (MAJOR_VERSION + 1) * 10_000:
                raise BackupError(
                    f"The server is Postgres {connection.info.server_version // 10_000}, and the programs here dump "
                    f"up to {MAJOR_VERSION}: back it up by its own."
                )
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            notes = sound_notes(connection) if _one(connection, _NOTED) else {}
            snapshot = _one(connection, "SELECT pg_export_snapshot()")
            options = ("--format=directory", f"--jobs={_JOBS}", "--compress=gzip:1", "--no-sync", "--statistics")
            fault = _run("pg_dump", url, *options, f"--snapshot={snapshot}", f"--file={folder}")
        if not fault:
            files = {path.name: store.put_file(path) for path in sorted(folder.iterdir())}
            shutil.rmtree(folder)
            return Dump(files, notes)
        shutil.rmtree(folder, ignore_errors=True)
    raise BackupError(f"A database could not be dumped ({fault}): look at the server's log, and run it again.")


def restore(url: str, folder: Path, store: Store, backup: Dump) -> None:
    """Put a dump into a database that is empty.

    Raises:
        BackupError: the server refuses, or the backup is damaged.
    """
    folder.mkdir()
    for name, held in backup.files.items():
        with (folder / name).open("wb") as file:
            for chunk in store.open(held):
                file.write(chunk)
    fault = _run("pg_restore", url, f"--jobs={_JOBS}", "--exit-on-error", "--no-owner", f"{folder}")
    shutil.rmtree(folder)
    if fault:
        raise BackupError(f"A database could not be restored ({fault}): mend that, and run it again.")
    with psycopg.connect(url, application_name="tributary restore") as connection:
        if _one(connection, _NOTED):
            adopt_notes(connection, backup.notes)


def roles(url: str) -> tuple[str, ...]:
    """The roles of a server that are not its own, which grants and policies may name."""
    query = "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND NOT rolsuper ORDER BY 1"
    with psycopg.connect(url, application_name="tributary backup") as connection:
        return tuple(str(row[0]) for row in connection.execute(query))


def ensure_roles(url: str, names: Sequence[str]) -> list[str]:
    """Make the roles that are missing, which cannot log in before somebody gives them a password; which these are.

    Raises:
        BackupError: the server does not let us.
    """
    with psycopg.connect(url, application_name="tributary restore") as connection:
        there = {str(row[0]) for row in connection.execute("SELECT rolname FROM pg_roles")}
        missing = [name for name in names if name not in there]
        try:
            for name in missing:
                connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            raise BackupError(
                f"The roles {', '.join(missing)}, which grants name, are missing and may not be made: make them first."
            ) from None
    return missing


def is_empty(url: str) -> bool:
    """Whether a database has no tables."""
    query = (
        "SELECT NOT EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p', 'v') AND n.nspname !~ '^(pg_|information_schema)')"
    )
    with psycopg.connect(url, application_name="tributary restore") as connection:
        return bool(_one(connection, query))


def _one(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row is not None else None


def _run(name: str, url: str, *options: str) -> str:
    """Run one of the programs on a database; the first line of what it says where it fails, which holds no password."""
    with _without_password(url) as (where, environment):
        done = subprocess.run(
            [program(name), f"--dbname={where}", *options], env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if "error:" in line] or done.stderr.splitlines()
    return lines[0].strip() if lines else f"{name} ended with {done.returncode}"


@contextmanager
def _without_password(url: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """What a program is called with, which anybody on the machine can see, and its environment, which nobody can."""
    parts = dict(conninfo.conninfo_to_dict(url))
    password = parts.pop("password", None)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    yield conninfo.make_conninfo("", **parts), environment
