"""What of the source `meetup` stands beside Dagster: the simulator that stands in for Meetup while no token is set."""

from __future__ import annotations

from contextlib import AbstractContextManager

from tributary.assets.meetup.settings import MeetupSettings
from tributary.assets.services import Process, Services
from tributary.resources.settings import Settings, own_settings


def _processes(settings: Settings) -> list[Process]:
    own = own_settings(MeetupSettings)
    if not settings.samples or own.token is not None:
        return []
    return [
        Process(
            "meetup-simulator",
            "tributary.assets.meetup.standin",
            ("--port", str(own.port)),
            port=own.port,
            port_setting="TRIBUTARY_MEETUP_PORT",
            ready=f"http://127.0.0.1:{own.port}/",
        )
    ]


def _standin(settings: Settings) -> AbstractContextManager[object]:
    from tributary.assets.meetup.standin.session import simulator

    return simulator(settings, own_settings(MeetupSettings))


SERVICES = Services(processes=_processes, standin=_standin)
