"""A simulator of Meetup for as long as a command lasts, where the settings ask for one and none is there yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tributary.assets.meetup.api.opening import open_meetup
from tributary.assets.meetup.settings import MeetupSettings
from tributary.resources.settings import Settings


@contextmanager
def simulator(settings: Settings, own: MeetupSettings) -> Iterator[bool]:
    """Serve a made-up Meetup on the settings' port until the block ends, from a thread; tells whether it does.

    Nothing is started where a token is set, where the profile is another than local, or where something listens on
    the port already.

    Raises:
        SimulatorError: the port cannot be bound.
    """
    meetup = open_meetup(settings, own)
    if not meetup.simulated or meetup.absence is None:
        yield False
        return
    from tributary.assets.meetup.standin.running import RunningSimulator
    from tributary.assets.meetup.standin.server import Simulation
    from tributary.assets.meetup.standin.world import World

    with RunningSimulator(Simulation(World()), own.port):
        yield True
