"""How the simulator fails to start."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class SimulatorError(TributaryError):
    """The simulator was asked for something that it cannot simulate."""
