"""Makes a backup while all goes on. The order makes the parts fit each other: each rests on what is copied after it.

Events that were accepted are in the stream's journal, then in the lake; Dagster's records tell of what the warehouse
published before; the warehouse's tables and Dagster's records name objects of the lake; the lake holds what was pulled
of the forms' log, whose own database is therefore dumped last, and the requests in it name extracts, which are copied
after that. So whatever is named is there, and what a part has beyond the others is made anew, as after a crash.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from tributary.assets.reporting.extract import PREFIX as EXTRACTS
from tributary.backups import databases as dumps
from tributary.backups.objects import LakeCopy
from tributary.backups.store import FORMAT, Backup, BackupError, Dump, Held, Store, Told, new_id
from tributary.launcher.single import held
from tributary.resources.lake import open_lake
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import Settings

LOCK, ASIDE = "backup.lock", "backup-aside"
_SECRETS = ("web-secret", "principal-key", "postgres-tributary_*-password")


def make_backup(settings: Settings, databases: Databases, store: Store, tell: Told) -> Backup:
    """Make a backup of a home into a store.

    Raises:
        LauncherError: one is being made of this home.
        TributaryError: something refuses; what was copied is not copied again.
    """
    aside = settings.home / ASIDE
    with held(settings.home / LOCK, f"A backup of {settings.home} is being made: wait for it."):
        shutil.rmtree(aside, ignore_errors=True)  # what a killed one left
        aside.mkdir(mode=0o700)
        try:
            return _made(settings, databases, store, aside, tell)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _made(settings: Settings, databases: Databases, store: Store, aside: Path, tell: Told) -> Backup:
    region, endpoint = settings.aws_region, settings.aws_endpoint_url
    lake = open_lake(settings.lake_location, region=region, endpoint_url=endpoint, read_only=True)
    known = {one.key: one for one in store.read().lake} if store.ids() else {}
    copy, made_at = LakeCopy(lake, store, known), datetime.now(UTC)
    dumped: dict[str, Dump] = {}

    def dump(name: str) -> None:
        tell(f"Dumping the database {name}.")
        dumped[name] = dumps.dump(databases.url(name), aside / name, store)  # type: ignore[arg-type]

    home = {path: store.put([data]) for path, data in _files(settings)}
    tell("Copying the lake.")
    copy.follow()
    dump("dagster")
    dump("warehouse")
    tell("Copying what came into the lake meanwhile.")
    copy.follow()
    dump("app")
    copy.follow(EXTRACTS)
    backup = Backup(
        new_id(made_at),
        FORMAT,
        made_at,
        metadata.version("tributary"),
        settings.warehouse,
        dumped,
        dumps.roles(databases.url("app")),
        tuple(copy.copied[key] for key in sorted(copy.copied)),
        home,
    )
    store.publish(backup)
    return backup


def _files(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """The files of the home that nothing else holds: keys, and events that were accepted and are no object yet."""
    home = settings.home
    paths = [path for pattern in _SECRETS for path in home.glob(pattern)]
    if settings.stream_journal.is_dir():
        paths += [path for path in settings.stream_journal.rglob("*") if path.is_file()]
    for path in sorted(paths):
        try:
            yield str(path.relative_to(home)), path.read_bytes()
        except FileNotFoundError:
            continue  # its events are an object of the lake now
        except OSError as error:
            raise BackupError(f"{path} cannot be read ({error.strerror}): check it.") from error


__all__ = ["ASIDE", "LOCK", "Held", "make_backup"]
