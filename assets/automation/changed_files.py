"""Decides which source files have changed since they were taken in, and asks for the assets that take them in."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import dagster as dg

from tributary.assets.automation.asking import being_made, with_downstream
from tributary.assets.automation.cursors import remembered
from tributary.assets.automation.memory import read_memory

SETTLE_NANOSECONDS = 5_000_000_000
_NAMED = 20


class Stat(NamedTuple):
    """Size in bytes and modification time in nanoseconds."""

    size: int
    modified_ns: int


class Decision(NamedTuple):
    """The files to ingest, and what to remember until the next look."""

    changed: tuple[str, ...]
    remembered: Mapping[str, Stat]


def decide(
    found: Mapping[str, Stat], ingested: Mapping[str, Stat], remembered: Mapping[str, Stat], now_ns: int
) -> Decision:
    """Which of the files `found` differ from those `ingested` and were not asked for before.

    A file still being written is left for a later look; one dated in the future, by more than clocks differ, is not
    taken for such. A version that was asked for once is not asked for again, even
    if its run failed: it would fail the same way until the file changes. Files that vanished are forgotten.
    """
    changed = []
    keep: dict[str, Stat] = {}
    for name, stat in found.items():
        asked = remembered.get(name)
        if stat == ingested.get(name) or stat == asked:
            keep[name] = stat
        elif abs(now_ns - stat.modified_ns) < SETTLE_NANOSECONDS:
            if asked is not None:
                keep[name] = asked
        else:
            changed.append(name)
            keep[name] = stat
    return Decision(tuple(changed), keep)


def ask_for_changed(
    context: dg.SensorEvaluationContext,
    source: str,
    makes: Mapping[str, dg.AssetKey],
    found: Mapping[str, Stat],
    ingested: Mapping[str, Stat],
    *,
    place: object,
    problems: Sequence[str] = (),
) -> dg.SensorResult | dg.SkipReason:
    """A sensor's answer to one look at `place`: a run for the assets that take in the changed files, if any.

    Args:
        makes: the asset that takes in each file, by its name.
        found, ingested: the files there, and as they were taken in last.
        problems: what is wrong with others, in sentences.
    """
    if being_made(context.instance) & set(makes.values()):
        return dg.SkipReason("Files are being ingested by a run already.")
    memory, note = remembered(context, _memory)
    decision = decide(found, ingested, memory, time.time_ns())
    cursor = json.dumps(decision.remembered)
    if not decision.changed:
        context.update_cursor(cursor)
        return dg.SkipReason(note + " ".join([f"No file in {place} has changed since it was ingested.", *problems]))
    more = f" and {len(decision.changed) - _NAMED} more" if len(decision.changed) > _NAMED else ""
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                asset_selection=with_downstream(context, source, sorted({makes[name] for name in decision.changed})),
                tags={"tributary/files": ", ".join(decision.changed[:_NAMED]) + more},
            )
        ],
        cursor=cursor,
    )


def _memory(cursor: str | None) -> Mapping[str, Stat]:
    return read_memory(dict[str, Stat], cursor) if cursor else {}
