"""`tributary backup` and `restore`: all that a home holds to a folder or S3, and back into an empty one."""

from __future__ import annotations

import time

from rich.markup import escape

from tributary.backups.making import make_backup
from tributary.backups.restoring import restore_backup
from tributary.backups.store import BackupError, Store
from tributary.cli.console import out
from tributary.cli.tables import Heading, print_rows
from tributary.launcher.single import is_up
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import get_settings
from tributary.resources.wording import count, size


def backup(destination: str, listed: bool) -> int:
    """Make a backup, or list those that there are."""
    settings = get_settings()
    if listed:
        store = Store(settings, destination, read_only=True)
        found = [store.read(id_) for id_ in store.ids()]
        rows = [
            (one.id, one.version, f"{len(one.lake):,}", size(sum(each.size for each in one.contents))) for one in found
        ]
        right = [Heading(name, right=True) for name in ("objects", "size")]
        print_rows([Heading("backup"), Heading("version"), *right], rows)
        return 0
    started = time.monotonic()
    store = Store(settings, destination)
    with connect(settings) as databases:
        made = make_backup(settings, databases, store, _tell)
    taken = sum(one.size for one in made.contents)
    out.print(
        f"[green]✓[/] Backup {made.id}: {count(len(made.lake), 'object')} of the lake and "
        f"{count(len(made.databases), 'database')}, {size(taken)}, of which {size(store.written)} are new, "
        f"in {time.monotonic() - started:.1f} s."
    )
    if made.engine != "postgres":
        out.print(f"[yellow]The warehouse's tables on {made.engine} are not in it: they are made again of the lake.[/]")
    return 0


def restore(source: str, id_: str) -> int:
    """Put a backup into the home of the settings, which holds nothing."""
    settings = get_settings()
    if is_up(settings.home):
        raise BackupError("Tributary is up on this home: end it by `tributary down`, or name an empty TRIBUTARY_HOME.")
    started = time.monotonic()
    store = Store(settings, source, read_only=True)
    found = store.read(id_)
    roles = restore_backup(settings, store, found, _tell)
    out.print(
        f"[green]✓[/] Restored {found.id}, made on {found.made_at:%Y-%m-%d %H:%M} UTC by version {found.version}: "
        f"{count(len(found.lake), 'object')} of the lake, {count(len(found.databases), 'database')}, in "
        f"{time.monotonic() - started:.1f} s."
    )
    if roles:
        out.print(f"[yellow]These roles were made and cannot log in yet:[/] {escape(', '.join(roles))}")
    return 0


def _tell(line: str) -> None:
    out.print(f"[dim]{escape(line)}[/]")
