"""Runs the dashboard's server on its port of loopback, until it is asked to end."""

from __future__ import annotations

from urllib.parse import urlsplit

from tributary.launcher.services import DASHBOARD_PATH
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.hosts import known_hosts
from tributary.resources.gateway.logs import hide_values
from tributary.resources.gateway.serving import serve
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import LOOPBACK, Settings, get_settings


def main(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    hide_values()
    from tributary.dashboard.app import create_app

    # Where the web process is on another machine, it asks by the name that the settings give it.
    apart = urlsplit(settings.dashboard_url).netloc if settings.dashboard_url else ""
    with connect(settings) as databases:
        application = create_app(settings, databases, DASHBOARD_PATH)
        policy, host = Policy(known_hosts(filter(None, [apart]))), settings.host if apart else LOOPBACK
        serve(application, policy, host=host, port=settings.dashboard_port, log_level="warning")


if __name__ == "__main__":
    main(get_settings())
