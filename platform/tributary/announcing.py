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
    snapshot, whole = subset.get_job_snapshot(), subset.get_parent_job_snapshot()
    if part_of:
        snapshot = copy(snapshot, lineage_snapshot=copy(snapshot.lineage_snapshot, parent_snapshot_id=part_of))
        whole = None
    where = instance.get_ref() if instance.is_persistent else None
    plan = create_execution_plan(subset, run_config=run_config, tags=tags, instance_ref=where)
    return instance.create_run(
        job_name=subset.name,
        run_id=None,
        run_config=run_config,
        # Dagster's monitoring would give up another one that waits for minutes.
        status=dg.DagsterRunStatus.MANAGED,
        tags=tags,
        root_run_id=None,
        parent_run_id=None,
        step_keys_to_execute=plan.step_keys_to_execute,
        execution_plan_snapshot=snapshot_from_execution_plan(plan, snapshot.snapshot_id),
        job_snapshot=snapshot,
        parent_job_snapshot=whole,
        asset_selection=frozenset(keys),
        asset_check_selection=None,
        resolved_op_selection=None,
        op_selection=None,
        remote_job_origin=RemoteJobOrigin(
            RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(LOCATION), "__repository__"), subset.name
        ),
        job_code_origin=None,
        asset_graph=subset.asset_layer.asset_graph,
    )
