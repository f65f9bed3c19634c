"""The sensor that makes good what the automation conditions missed.

Conditions act on events: where an asset and its input are both updated between two looks, the later update of the input
can go unseen. This sensor looks at the state instead: which assets were made from inputs that are no longer current.
"""

from __future__ import annotations

import json

import dagster as dg

from resources.settings import get_settings
from tributary.freshness import behind, being_made
from tributary.instance.orphans import fail_orphaned_runs
from tributary.instance.run_log import STARTED_BY_COMMAND

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
    """One look; nothing is asked for while runs go on, nor twice for the same inputs."""
    if get_settings().profile == "local":
        # A command whose terminal was closed, or that was killed, cannot say so; its run would hold up everything.
        fail_orphaned_runs(context.instance, tags=STARTED_BY_COMMAND, older_than=PATIENCE_SECONDS)
    if being_made(context.instance):
        return dg.SkipReason("Runs are going on; what they make is not looked at.")
    repository = context.repository_def
    found = behind(repository.asset_graph, context.instance) if repository is not None else {}
    if not found:
        context.update_cursor("")
        return dg.SkipReason("Every asset was made from inputs that are current.")
    cursor = json.dumps(found)
    if cursor == context.cursor:
        return dg.SkipReason("What is behind was asked for already, and failed; it is asked for when its inputs move.")
    keys = [dg.AssetKey.from_user_string(name) for name in found]
    return dg.SensorResult(run_requests=[dg.RunRequest(asset_selection=keys)], cursor=cursor)
