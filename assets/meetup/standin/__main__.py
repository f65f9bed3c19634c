"""`python -m tributary.assets.meetup.standin`: serves a made-up Meetup on loopback."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from tributary.assets.meetup.standin.running import serve
from tributary.assets.meetup.standin.server import DEFAULT_TOKEN, Simulation
from tributary.assets.meetup.standin.world import SimulatorError, World


def main(
    host: Annotated[str, typer.Option(help="Address to bind; the control endpoints ask for no token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to bind.")] = 8010,
    seed: Annotated[int, typer.Option(help="Which one of the possible worlds.")] = 1,
    groups: Annotated[int, typer.Option(help="How many groups there are.")] = 60,
    start: Annotated[str, typer.Option(help="The world's first day.")] = "2008-01-01",
    now: Annotated[str | None, typer.Option(help="The world's time, ISO 8601; the real time if not given.")] = None,
    requests_per_minute: Annotated[int | None, typer.Option(help="Rate limit; none if not given.")] = None,
    token: Annotated[str, typer.Option(help="Bearer token to ask for.")] = DEFAULT_TOKEN,
) -> None:
    """Serve a made-up Meetup."""
    try:
        moment = None if now is None else datetime.fromisoformat(now)
        world = World(seed, date.fromisoformat(start), None, groups)
    except (ValueError, SimulatorError) as error:
        raise typer.BadParameter(str(error)) from None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    serve(Simulation(world, token, moment, requests_per_minute=requests_per_minute), host, port)


if __name__ == "__main__":
    typer.run(main)
