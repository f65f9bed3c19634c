"""What of the source `sneakers` stands beside Dagster: the form app, a sample collection, a command that imports."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tributary.assets.services import Mount, Sampled, SampleWanted, Services, Told
from tributary.assets.sneakers.settings import SneakersSettings
from tributary.resources.lake.model import Lake
from tributary.resources.lake.versions import Unneeded
from tributary.resources.settings import Settings, own_settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from tributary.resources.postgres.databases import Databases

LARGEST_FORM = 64 * 1024
"""Bytes of a request; the longest honest form has less than two thousand, or a few for each of a thousand pairs."""
LARGEST_UPLOAD = 16 * 1024 * 1024
"""Bytes of a request that brings files."""


def _sample(settings: Settings, _wanted: SampleWanted, _told: Told) -> Sampled | None:
    if not settings.samples or not own_settings(SneakersSettings).sample:
        return None
    from tributary.assets.sneakers.app.database import open_engine
    from tributary.assets.sneakers.app.service.opening import local_day
    from tributary.assets.sneakers.standin.make import make_sample
    from tributary.resources.postgres.databases import connect

    with connect(settings) as databases:
        engine = open_engine(databases.sqlalchemy_url("app"))
        try:
            events = make_sample(engine, local_day())
        finally:
            engine.dispose()
    if not events:
        return Sampled(False, "The sneakers' log is complete.")
    return Sampled(True, f"Made a sample collection of sneakers: {events:,} events.")


def _open(databases: Databases, secret: str) -> ASGIApp:
    from a2wsgi import WSGIMiddleware

    from tributary.assets.sneakers.app.app import create_app

    app = create_app(databases.sqlalchemy_url("app"), secret, origins=own_settings(SneakersSettings).origins)
    return WSGIMiddleware(app)  # type: ignore[arg-type, return-value]  # ASGI as a2wsgi types it


def import_sneakers(
    path: Annotated[
        Path,
        typer.Argument(
            help="Folder of manufacturers.csv, sneakers.csv and sneaker_events.csv, or a file exported here."
        ),
    ],
    zone: Annotated[str, typer.Option(help="Time zone of times that name none.")] = "UTC",
) -> int:
    """Bring the tables of an SNQL sneaker app, or an export, into the form app; the same again adds nothing twice."""
    from tributary.assets.sneakers.app.imports.command import bring_path_in

    return bring_path_in(path, zone)


def _unneeded(lake: Lake) -> Iterable[Unneeded]:
    from tributary.assets.sneakers.state import replaced_snapshots

    return replaced_snapshots(lake)


SERVICES = Services(
    sample=_sample,
    unneeded=_unneeded,
    mounts=(
        Mount(
            "/sneakers",
            "Sneakers",
            "Record purchases, wears, walks, cleans, sales and gifts of a collection.",
            _open,
            LARGEST_UPLOAD,
        ),
    ),
    commands={"import-sneakers": import_sneakers},
)
