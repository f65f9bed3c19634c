"""What the record says and Dagster does not know, or the reverse: what is to be done about each request under way.

A pure decision over what both say, for the sensor and for commands that make requests themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from tributary.assets.reporting.requests import Request

PATIENCE = timedelta(seconds=10)
"""For so long whoever recorded a request may take to launch its run."""


@dataclass(frozen=True)
class KnownRun:
    """A run that names a request: its id, when it was made, and how it stands."""

    run_id: str
    made_at: datetime
    state: Literal["living", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True)
class Verdict:
    """What is to be done about a request: `launch` a run, or tell that it was launched, or how it ended."""

    request: Request
    does: Literal["launch", "launched", "finished", "failed", "cancelled"]
    run_id: str = ""
    sentence: str = ""


def decide(
    unended: Sequence[Request],
    runs: Mapping[str, Sequence[KnownRun]],
    has_extract: Callable[[Request], bool],
    now: datetime | None = None,
) -> list[Verdict]:
    """What is to be done about requests that have not ended; nothing about those that are well.

    Args:
        unended: those of the record.
        runs: by request, all runs that name it.
        has_extract: whether the lake has a request's extract whole.
        now: the present.
    """
    now = now or datetime.now(tz=UTC)
    found = (_verdict(one, runs.get(one.id, ()), has_extract, now) for one in unended)
    return [one for one in found if one is not None]


def _verdict(
    one: Request, runs: Sequence[KnownRun], has_extract: Callable[[Request], bool], now: datetime
) -> Verdict | None:
    living = next((run for run in runs if run.state == "living"), None)
    if one.event == "queued":
        if living is not None:
            return Verdict(one, "launched", living.run_id)
        # What was tried before it was queued (again) says nothing of this time.
        tried = next((run for run in runs if run.made_at >= one.changed_at), None)
        if tried is not None:
            return _ended(one, tried)
        return Verdict(one, "launch") if now - one.changed_at >= PATIENCE else None
    own = next((run for run in runs if run.run_id == one.run_id), None)
    if own is not None and own.state == "living":
        return None
    if one.event == "launched":
        if living is not None:
            return Verdict(one, "launched", living.run_id)
        return Verdict(one, "launch") if own is None else _ended(one, own)
    if has_extract(one):
        return Verdict(one, "finished", one.run_id)
    return _ended(one, own)


def _ended(one: Request, run: KnownRun | None) -> Verdict:
    """The end of a request whose run is over, and has not told of it."""
    if run is not None and run.state == "cancelled":
        return Verdict(
            one, "cancelled", run.run_id, "Its run was asked to end, in Dagster or together with the platform."
        )
    told = "ended before it began" if one.event in ("queued", "launched") else "ended without a word, as in a crash"
    run_id = run.run_id if run is not None else one.run_id
    return Verdict(one, "failed", run_id, f"Its run {told}: there is no extract, ask for it again.")
