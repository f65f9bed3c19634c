"""`tributary serve`: one part of the platform, until it is asked to end."""

from __future__ import annotations


def serve(part: str) -> int:
    """Run the part; it ends as its own process would."""
    from tributary.containers.part import serve as run

    run(part)
    return 0
