"""Puts a backup into a home that holds nothing. Until all is there the home says so, and is used by nobody else."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
from psycopg import sql

from tributary.backups import databases as dumps
from tributary.backups.store import Backup, BackupError, Copied, Store, Told
from tributary.resources.home import RESTORING
from tributary.resources.lake import open_lake
from tributary.resources.lake.model import Lake
from tributary.resources.lake.parallel import in_order
from tributary.resources.postgres.databases import NAMES, Databases, connect
from tributary.resources.settings import Settings

_THREADS = 8


def restore_backup(settings: Settings, store: Store, backup: Backup, tell: Told) -> list[str]:
    """Put a backup into the home, the databases and the lake of the settings; the roles that were made without log-in.

    A restore that was cut off is begun again by the next one; what it had put is no obstacle to it.

    Raises:
        BackupError: something is there already, or the backup is damaged.
        TributaryError: a server or the disk refuses.
    """
    home, note = settings.home, settings.home / RESTORING
    region, endpoint = settings.aws_region, settings.aws_endpoint_url
    lake = open_lake(settings.lake_location, region=region, endpoint_url=endpoint)
    goes_on = note.exists()
    with connect(settings) as databases:
        if goes_on:
            _drop(databases)
        else:
            _require_empty(settings, databases, lake)
    note.write_text(backup.id)
    aside = home / "restore-aside"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    for path, one in backup.home.items():
        _put_file(home, path, b"".join(store.open(one)))
    # What was dropped is made again.
    with connect(settings) as databases:
        made = dumps.ensure_roles(databases.url("app"), backup.roles)
        for name in NAMES:
            tell(f"Restoring the database {name}.")
            dumps.restore(databases.url(name), aside / name, store, backup.databases[name])
    tell(f"Restoring {len(backup.lake):,} objects of the lake.")

    def put(one: Copied) -> None:
        lake.put(one.key, store.open(one.held))

    for _ in in_order(put, backup.lake, threads=_THREADS, ahead=2 * _THREADS):
        pass
    if goes_on:
        kept = {one.key for one in backup.lake}
        for key in [info.key for info in lake.list("") if info.key not in kept]:
            lake.delete_prefix(key)
    shutil.rmtree(aside)
    note.unlink()
    return made


def _require_empty(settings: Settings, databases: Databases, lake: Lake) -> None:
    full = [f"the database {databases.name(name)}" for name in NAMES if not dumps.is_empty(databases.url(name))]
    if next(iter(lake.list("")), None) is not None:
        full.append(f"the lake {settings.lake_location}")
    if full:
        raise BackupError(
            f"{' and '.join(full)} hold something already: name an empty home by TRIBUTARY_HOME (for servers of one's "
            "own TRIBUTARY_DATABASE_PREFIX and TRIBUTARY_LAKE_URL too)."
        )


def _drop(databases: Databases) -> None:
    """Drop what a restore that was cut off has put."""
    with psycopg.connect(databases.server_url, autocommit=True) as connection:
        for name in NAMES:
            own = sql.Identifier(databases.name(name))
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(own))


def _put_file(home: Path, path: str, data: bytes) -> None:
    place = (home / path).resolve()
    if not place.is_relative_to(home.resolve()):
        raise BackupError(f"The backup names the file {path!r}, which is not in a home: it is none of ours.")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch(mode=0o600)
    place.write_bytes(data)
