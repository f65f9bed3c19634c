"""A named job of each source, so that its runs, timelines and backfills have a name, and a backfill takes all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from tributary.assets.automation.asking import of_requests
from tributary.assets.factory.specs import REFUSED


def source_jobs(assets: Iterable[dg.AssetsDefinition], told: Mapping[str, str]) -> list[Any]:
    """The jobs, each with the name of its source; `told` describes sources.

    A job holds one kind of partitions: of a source with several it leaves out the assets of the rarer ones. What is
    refused for now is in none, and neither is what only hangs on requests of reports, which have jobs of their own.
    """
    specs_of_all = [spec for one in assets for spec in one.specs if REFUSED not in spec.tags]
    parents = {spec.key: [dep.asset_key for dep in spec.deps] for spec in specs_of_all}
    extracts = [one.key for one in specs_of_all if isinstance(one.partitions_def, dg.DynamicPartitionsDefinition)]
    asked = of_requests(parents, extracts)
    groups: dict[str, list[dg.AssetSpec]] = {}
    for spec in specs_of_all:
        if spec.key not in asked:
            groups.setdefault(spec.group_name or "", []).append(spec)
    jobs = []
    for name, specs in groups.items():
        kinds = Counter(spec.partitions_def for spec in specs if spec.partitions_def is not None).most_common(1)
        keys = [spec.key for spec in specs if spec.partitions_def in (None, *(kind for kind, _ in kinds))]
        selection = dg.AssetSelection.assets(*keys)
        jobs.append(dg.define_asset_job(name, selection, description=told.get(name) or None))
    return jobs
