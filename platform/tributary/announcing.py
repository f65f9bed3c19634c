"""Tells Dagster of a run that is to be, also where only a part of the job of all assets was loaded for it.

Dagster's pages find the job of a run by the snapshot of the job that its assets are a selection of, and warn where the
code location has none like it. What a run is executed with is `execution`'s matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from tributary.launcher.services import LOCATION
from tributary.resources.dagster_internals.records import copy
from tributary.resources.dagster_internals.running import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
    create_execution_plan,
    snapshot_from_execution_plan,
)


def announce(
    instance: dg.DagsterInstance,
    job: dg.JobDefinition,
    subset: dg.JobDefinition,
    keys: Sequence[dg.AssetKey],
    *,
    part_of: str,
    run_config: Mapping[str, Any],
    tags: Mapping[str, str],
) -> dg.DagsterRun:
    """Create a run of the subset of a job that some assets are, which nobody but its maker begins or gives up.

    `part_of` is empty, or where the job is only a part of the one of that name in the code location, the snapshot of
    that one, which the instance must have: the run is then the one that would have been created of it.
    """
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(LOCATION), "__repository__"), job.name)
    # Dagster's monitoring would give up another one that waits for minutes.
    told: dict[str, Any] = {
        "run_config": run_config,
        "status": dg.DagsterRunStatus.MANAGED,
        "tags": tags,
        "remote_job_origin": origin,
    }
    selected = frozenset(keys)
    if not part_of:
        return instance.create_run_for_job(job_def=job, asset_selection=selected, **told)
    found = subset.get_job_snapshot()
    snapshot = copy(found, lineage_snapshot=copy(found.lineage_snapshot, parent_snapshot_id=part_of))
    plan = create_execution_plan(subset, run_config=run_config, tags=tags, instance_ref=instance.get_ref())
    return instance.create_run(
        job_name=job.name,
        run_id=None,
        root_run_id=None,
        parent_run_id=None,
        step_keys_to_execute=plan.step_keys_to_execute,
        execution_plan_snapshot=snapshot_from_execution_plan(plan, snapshot.snapshot_id),
        job_snapshot=snapshot,
        parent_job_snapshot=None,
        asset_selection=selected,
        asset_check_selection=None,
        resolved_op_selection=None,
        op_selection=None,
        job_code_origin=None,
        asset_graph=subset.asset_layer.asset_graph,
        **told,
    )
