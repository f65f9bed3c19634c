"""`python -m tributary.assets.meetup.standin`: serves a made-up Meetup on loopback."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tributary.assets.meetup.standin.running import serve
from tributary.assets.meetup.standin.server import Simulation
from tributary.assets.meetup.standin.world import SimulatorError, World


def main(
    port: Annotated[int, typer.Option(help="Port to bind.")] = 8400,
    seed: Annotated[int, typer.Option(help="Which one of the possible worlds.")] = 1,
    groups: Annotated[int, typer.Option(help="How many groups there are.")] = 60,
    now: Annotated[str | None, typer.Option(help="The world's time, ISO 8601; the real time if not given.")] = None,
) -> None:
    """Serve a made-up Meetup."""
    try:
        moment = None if now is None else datetime.fromisoformat(now)
        world = World(seed, groups)
    except (ValueError, SimulatorError) as error:
        raise typer.BadParameter(str(error)) from None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    serve(Simulation(world, moment), port)


if __name__ == "__main__":
    typer.run(main)
