"""The command `import-sneakers`: brings the three tables of an SNQL app into the form app."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from tributary.assets.sneakers.app.database import migrate, open_engine, open_sessions
from tributary.assets.sneakers.app.imports.bringing import bring_in
from tributary.assets.sneakers.app.service.opening import open_service
from tributary.resources.errors import UsageError
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import get_settings


def bring_folder_in(folder: Path, zone: str) -> int:
    """Bring in what can be, and name each row that cannot; 1 where there are such."""
    try:
        found = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise UsageError(f"{zone!r} is no time zone: write one like Europe/Berlin.") from None
    with connect(get_settings()) as databases:
        engine = open_engine(databases.sqlalchemy_url("app"))
        try:
            migrate(engine)
            sessions = open_sessions(engine)
            brought = bring_in(folder, open_service(sessions), sessions, found)
        finally:
            engine.dispose()
    for sentence in brought.odd:
        typer.echo(f"✗ {sentence}", err=True)
    typer.echo(
        f"Brought in {brought.brands:,} brands, {brought.pairs:,} pairs and {brought.events:,} events after their "
        f"purchase; {brought.again:,} rows were there before, {len(brought.odd):,} are odd and were left out."
    )
    return 1 if brought.odd else 0
