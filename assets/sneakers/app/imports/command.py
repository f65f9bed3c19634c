"""The command `import-sneakers`: brings the tables of an SNQL app, or an export of this one, into the form app."""

from __future__ import annotations

from pathlib import Path

import typer

from tributary.assets.sneakers.app.database import migrate, open_engine
from tributary.assets.sneakers.app.imports.files import bring, zone_of
from tributary.assets.sneakers.app.imports.outcome import ImportRefused
from tributary.assets.sneakers.app.imports.tables import FILES, read_file
from tributary.assets.sneakers.app.service.opening import local_day
from tributary.resources.errors import UsageError
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import get_settings


def bring_path_in(path: Path, zone: str) -> int:
    """Bring in what can be, and name each row that cannot; 1 where there are such."""
    try:
        found = zone_of(zone)
    except ImportRefused as refused:
        raise UsageError(str(refused)) from None
    whole = (path,) if path.is_file() else tuple(path / name for name in FILES)
    files = {one.name: read_file(one) for one in whole}
    with connect(get_settings()) as databases:
        engine = open_engine(databases.sqlalchemy_url("app"))
        try:
            migrate(engine)
            brought = bring(engine, files, found, local_day, keep=True)
        finally:
            engine.dispose()
    for sentence in brought.odd:
        typer.echo(f"✗ {sentence}", err=True)
    typer.echo(
        f"Brought in {brought.brands:,} brands, {brought.pairs:,} pairs and {brought.events:,} events after their "
        f"purchase; {brought.again:,} rows were there before, {len(brought.odd):,} are odd and were left out."
    )
    return 1 if brought.odd else 0
