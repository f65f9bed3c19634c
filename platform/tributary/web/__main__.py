"""Runs the web process on the address and port of the settings, until it is asked to end."""

from __future__ import annotations

import signal
from types import FrameType
from typing import NoReturn

from tributary.resources.errors import AskedToEnd
from tributary.resources.gateway.logs import hide_values
from tributary.resources.gateway.serving import front_of, serve
from tributary.resources.lake import open_lake
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings, get_settings
from tributary.resources.stream.opening import open_stream
from tributary.web.app import create_app, policy_of


def main(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; what the stream holds is passed on before this returns."""
    hide_values()
    lake = open_lake(settings.lake_location, region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    # The server repeats the signal that ended it, which would end the process before the stream is closed.
    signal.signal(signal.SIGTERM, _leave)
    with connect(settings) as databases:
        stream = open_stream(settings, lake)
        try:
            application = create_app(settings, databases, stream)
            options = {"host": settings.host, "port": settings.web_port, "log_level": "warning"}
            serve(application, policy_of(settings), **options, **front_of(settings))
        finally:
            stream.close()


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    raise AskedToEnd(0)


main(get_settings())
