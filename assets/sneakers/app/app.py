"""The form app put together: a WSGI application, alone or mounted under a prefix (links follow SCRIPT_NAME)."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, url_for
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]

from tributary.assets.sneakers.app.database import migrate, open_engine, open_sessions
from tributary.assets.sneakers.app.here import EXTENSION, Here
from tributary.assets.sneakers.app.security import protect
from tributary.assets.sneakers.app.service.opening import Today, local_day, open_service
from tributary.assets.sneakers.app.values import spoken
from tributary.assets.sneakers.app.views import (
    charts,
    corrections,
    csv_files,
    entries,
    faults,
    importing,
    pages,
    photos,
    wearing,
)
from tributary.assets.sneakers.app.views.showing import dot_class, money, twice
from tributary.resources.gateway.logs import described
from tributary.resources.look.files import KEPT_SECONDS, STATIC, TEMPLATES, versioned

LOOK = Blueprint("look", __name__, static_folder=STATIC, static_url_path="/look", template_folder=TEMPLATES)
BLUEPRINTS = (
    LOOK,
    pages.blueprint,
    entries.blueprint,
    wearing.blueprint,
    corrections.blueprint,
    charts.blueprint,
    csv_files.blueprint,
    photos.blueprint,
    importing.blueprint,
)


def create_app(
    database_url: str, secret_key: str, *, today: Today = local_day, origins: frozenset[str] = frozenset()
) -> Flask:
    """The app on a Postgres database, whose tables it brings up to date.

    Args:
        database_url: of the database `app`; any PostgreSQL URL, whichever driver it names.
        secret_key: signs sessions and form tokens; the same for all processes and starts, known to nobody else.
        today: which day it is for the collector.
        origins: those of other sites' pages that may read the CSV files.

    Raises:
        TablesError: the tables cannot be made.
    """
    engine = open_engine(database_url)
    migrate(engine)
    sessions = open_sessions(engine)
    app = _App(__name__)
    app.config.update(SECRET_KEY=secret_key, SEND_FILE_MAX_AGE_DEFAULT=KEPT_SECONDS)
    app.extensions[EXTENSION] = Here(engine, sessions, open_service(sessions, today), today, origins)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.add_template_filter(spoken)
    app.add_template_filter(dot_class)
    app.add_template_filter(money)
    app.add_template_filter(twice)
    for name, folder, endpoint in (("asset", app.static_folder, "static"), ("look", STATIC, "look.static")):
        app.add_template_global(versioned(Path(folder or ""), partial(_address, endpoint)), name)
    protect(app)
    CSRFProtect(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    faults.register(app)
    return app


class _App(Flask):
    def log_exception(self, exc_info: Any) -> None:
        self.logger.error("A page failed:\n%s", described(exc_info[1]))


def _address(endpoint: str, name: str, version: str) -> str:
    return url_for(endpoint, filename=name, v=version)
