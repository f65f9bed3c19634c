"""The sensor that makes good what the automation conditions missed.

Conditions act on events: where an asset and its input are both updated between two looks, the later update of the input
can go unseen. This sensor looks at the state instead: which assets were made from inputs that are no longer current.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import dagster as dg

from tributary.assets.automation.asking import being_made
from tributary.assets.automation.cursors import remembered
from tributary.assets.automation.memory import read_memory
from tributary.freshness import behind
from tributary.instance.orphans import fail_orphaned_runs
from tributary.instance.run_log import STARTED_BY_COMMAND
from tributary.resources.settings import get_settings

PATIENCE_SECONDS = 120.0
"""Age at which a command's run must have told of its process."""


@dg.sensor(
    name="catching_up",
    asset_selection=dg.AssetSelection.all(),
    minimum_interval_seconds=45,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Materialises assets whose inputs have moved since they read them, where the automation missed it.",
)
def catching_up(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """One look; nothing is asked for that runs are making, or make inputs of, nor twice for the same inputs."""
    if get_settings().profile == "local":
        # A command whose terminal was closed, or that was killed, cannot say so; its run would hold up everything.
        fail_orphaned_runs(context.instance, tags=STARTED_BY_COMMAND, older_than=PATIENCE_SECONDS)
    asked, note = remembered(context, lambda cursor: read_memory(dict[str, str], cursor) if cursor else {})
    found = _settled(context)
    if not found:
        context.update_cursor("")
        return dg.SkipReason(f"{note}Every asset that is not being made was made from inputs that are current.")
    keys = _moved(context, found, asked)
    if not keys:
        context.update_cursor(json.dumps(found))
        return dg.SkipReason("What is behind was asked for already, and failed; it is asked for when its inputs move.")
    return dg.SensorResult(run_requests=[dg.RunRequest(asset_selection=keys)], cursor=json.dumps(found))


def _moved(
    context: dg.SensorEvaluationContext, found: Mapping[str, str], asked: Mapping[str, str]
) -> list[dg.AssetKey]:
    """Of what is behind, upstream first: what was not asked for with these inputs yet, and what hangs on that."""
    keys: list[dg.AssetKey] = []
    for name, versions in found.items():
        key = dg.AssetKey.from_user_string(name)
        parents = context.repository_def.asset_graph.get(key).parent_keys if context.repository_def else ()
        if asked.get(name) != versions or any(parent in keys for parent in parents):
            keys.append(key)
    return keys


def _settled(context: dg.SensorEvaluationContext) -> dict[str, str]:
    """The assets that are behind, without those that runs are making or that hang on such: these are about to change.

    Runs of one source, which may never cease, hold up nothing of another.
    """
    if context.repository_def is None:
        return {}
    graph = context.repository_def.asset_graph
    # A run may make what the definitions do not have any more.
    made = [key for key in being_made(context.instance) if graph.has(key)]
    making = dg.AssetSelection.assets(*made).downstream().resolve(graph)
    found = behind(graph, context.instance)
    return {name: versions for name, versions in found.items() if dg.AssetKey.from_user_string(name) not in making}
