"""What a view can reach: the service, sessions for reading, and which day it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app
from sqlalchemy import Engine

from tributary.assets.sneakers.app.database import Sessions
from tributary.assets.sneakers.app.service.opening import SneakerService, Today

EXTENSION = "sneakers"


@dataclass(frozen=True)
class Here:
    """The parts of one app; kept in its `extensions`."""

    engine: Engine
    sessions: Sessions
    service: SneakerService
    today: Today
    origins: frozenset[str] = frozenset()
    """Those of other sites' pages that may read the CSV files."""


def here() -> Here:
    """The parts of the app that serves the present request."""
    return cast("Here", current_app.extensions[EXTENSION])
