"""How long a sensor waits before it asks again for what was asked for in vain: what failed will mostly fail again."""

from __future__ import annotations

from datetime import timedelta

FIRST_PATIENCE = timedelta(minutes=1)
LONGEST_PATIENCE = timedelta(hours=1)
# Beyond this the longest patience holds anyway, and the power would in time be more than a time can hold.
_DOUBLINGS = 6


def patience(attempts: int) -> timedelta:
    """The wait after so many attempts, from the first on: it doubles with each, up to the longest."""
    doublings: int = min(max(attempts - 1, 0), _DOUBLINGS)
    return min(FIRST_PATIENCE * (1 << doublings), LONGEST_PATIENCE)
