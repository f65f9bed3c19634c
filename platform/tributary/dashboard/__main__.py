"""Runs the dashboard's server on its port of loopback, until it is asked to end."""

from __future__ import annotations

from contextlib import ExitStack
from urllib.parse import urlsplit

from starlette.types import ASGIApp

from tributary.dashboard.asleep import HEALTH, Asleep
from tributary.launcher.services import DASHBOARD_PATH
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.hosts import known_hosts
from tributary.resources.gateway.logs import hide_values
from tributary.resources.gateway.serving import serve
from tributary.resources.settings import LOOPBACK, Settings, get_settings


def main(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; Streamlit is loaded when a page is first opened."""
    hide_values()
    # Where the web process is on another machine, it asks by the name that the settings give it.
    apart = urlsplit(settings.dashboard_url).netloc if settings.dashboard_url else ""
    policy, host = Policy(known_hosts(filter(None, [apart]))), settings.host if apart else LOOPBACK
    with ExitStack() as held:
        application = Asleep(lambda: _made(settings, held), DASHBOARD_PATH + HEALTH)
        serve(application, policy, host=host, port=settings.dashboard_port, log_level="warning")


def _made(settings: Settings, held: ExitStack) -> ASGIApp:
    from tributary.dashboard.app import create_app
    from tributary.resources.postgres.databases import connect

    return create_app(settings, held.enter_context(connect(settings)), DASHBOARD_PATH)


if __name__ == "__main__":
    main(get_settings())
