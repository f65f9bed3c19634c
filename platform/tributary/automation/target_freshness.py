"""How old what people ask may be, shown in the UI: a policy on each table that has a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import dagster as dg

A_WEEK = timedelta(days=7)
"""For so long a laptop may have slept: older tables than the target are then told of, and no alarm is raised."""


def with_freshness(targets: Mapping[str, timedelta], *, may_sleep: bool) -> Callable[[dg.AssetSpec], dg.AssetSpec]:
    """Has an asset with a target, by `schema.table`, be younger than that; past twice as much is a failure.

    With `may_sleep` it is one after a week at the earliest, as the machine sleeps when its people do.
    """

    def policed(spec: dg.AssetSpec) -> dg.AssetSpec:
        target = targets.get(".".join(spec.key.path))
        if target is None:
            return spec
        failed = max(2 * target, A_WEEK) if may_sleep else 2 * target
        policy = dg.FreshnessPolicy.time_window(failed, min(target, failed / 2))
        return spec.replace_attributes(freshness_policy=policy)

    return policed
