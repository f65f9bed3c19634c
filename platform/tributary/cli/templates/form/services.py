"""Beside Dagster: the form of `example`, under an address of the web process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tributary.cli.templates.form.standin import sample
from tributary.sdk import Databases, Mount, Services

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def _open(databases: Databases, _secret: str) -> ASGIApp:
    from tributary.cli.templates.form.form import create_app

    return create_app(databases.url("app"))


FORM = Mount(
    "/example",
    "Example",
    "Enter what is to be known of example.",
    _open,
    largest_body=64 * 1024,
)
SERVICES = Services(sample=sample, mounts=(FORM,))
