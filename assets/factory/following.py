"""When a table follows what it reads: the one mechanism by which a change is taken up downstream.

It looks at the state, not at events: a table is asked for while what it was made from is not what stands. So no update
is lost, whichever runs cross each other and however long nobody looked. Dagster's own conditions act on what happened
since the last look, and lose an input that is updated while the table is being made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from tributary.assets.factory.made import MOST_PARTITIONS, Made, changed
from tributary.resources.dagster_internals.assets import changed_partitions, records_of

PARTITIONED = "partitioned"
"""The tag of assets that are made by partitions."""

REFRESH = "refresh"
"""The tag of assets that take up changes at a pace of their own, and so are in no run that a sensor asks for."""

_PACES = {"hourly": "0 * * * *", "daily": "0 4 * * *", "weekly": "0 4 * * 1"}
"""By what `REFRESH` says, when changes are taken up, in UTC."""


def changed_inputs(
    instance: dg.DagsterInstance,
    made: dg.EventLogRecord,
    inputs: Mapping[dg.AssetKey, dg.EventLogRecord],
    partitions: Mapping[dg.AssetKey, Sequence[str]],
) -> list[dg.AssetKey]:
    """Those of a table's inputs that hold other data than when it was made, as `made.changed` has it.

    Args:
        instance: where the events are.
        made: the table's latest materialisation.
        inputs: the latest materialisation of each input that has one.
        partitions: of inputs that have partitions, those that are read; none of them means all.
    """
    keys = {key.to_user_string(): key for key in inputs}
    found = changed(
        record_of(made),
        {name: record_of(inputs[key]) for name, key in keys.items()},
        {key.to_user_string(): names for key, names in partitions.items()},
        lambda name, among, read: other_partitions(instance, keys[name], among, read),
    )
    return [keys[name] for name in found]


def record_of(record: dg.EventLogRecord) -> Made:
    """A materialisation as it is on record."""
    return Made(record.timestamp, record.run_id, record.storage_id, tags_of(record))


def other_partitions(instance: dg.DagsterInstance, key: dg.AssetKey, among: Sequence[str], read: int) -> bool:
    """Whether a partition holds other data than at an event; more than a hundred that were made since are taken so."""
    wanted = dg.AssetRecordsFilter(asset_key=key, after_storage_id=read, asset_partitions=among or None)
    since = instance.fetch_materializations(wanted, limit=MOST_PARTITIONS + 1).records
    names = {record.partition_key for record in since if record.partition_key is not None}
    if len(since) > MOST_PARTITIONS or not names:
        return bool(since)
    return bool(changed_partitions(instance, key, names, read))


def tags_of(record: dg.EventLogRecord) -> Mapping[str, str]:
    """The tags of a materialisation, by which Dagster tells what it was made from."""
    return (record.asset_materialization.tags if record.asset_materialization else None) or {}


class InputsChanged(dg.AutomationCondition[dg.AssetKey]):
    """True while a table that was made holds what it made of other inputs than there are.

    Not while a run is to make it, be it announced or queued, of which Dagster's `in_progress` knows nothing. Nor where
    a later run tried it with these inputs and failed: it would fail the same way until they change.
    """

    @property
    def name(self) -> str:
        """What the UI calls it."""
        return "inputs_changed"

    def evaluate(self, context: dg.AutomationContext[dg.AssetKey]) -> dg.AutomationResult[dg.AssetKey]:
        """The table, or the partition of it, that is looked at; nothing where its inputs stand as it read them."""
        candidates = context.candidate_subset
        changed = not candidates.is_empty and _is_behind(context)
        return dg.AutomationResult(context, candidates if changed else context.get_empty_subset())


def _is_behind(context: dg.AutomationContext[dg.AssetKey]) -> bool:
    instance, graph, key = context.asset_graph_view.instance, context.asset_graph, context.key
    parents = graph.get(key).parent_keys
    entries = {one: record.asset_entry for one, record in records_of(context, [key, *parents]).items()}
    newest = {
        one: entry.last_materialization_record
        for one, entry in entries.items()
        if entry.last_materialization_record is not None
    }
    latest = newest.pop(key, None)
    made, partitions = latest, {one: list[str]() for one in parents if graph.get(one).partitions_def is not None}
    if context.candidate_subset.is_partitioned:
        names = sorted(context.candidate_subset.expensively_compute_partition_keys())
        found = instance.fetch_materializations(dg.AssetRecordsFilter(key, asset_partitions=names), limit=1).records
        made = found[0] if found else None
        for one in partitions:
            read = context.candidate_subset.compute_parent_subset(one)
            partitions[one] = sorted(read.expensively_compute_partition_keys())
    if latest is None or made is None:
        return False
    changed = changed_inputs(instance, made, newest, partitions)
    tried = entries[key].last_run_id
    run = instance.get_run_record_by_id(tried) if changed and tried not in (None, latest.run_id) else None
    if run is None:
        return bool(changed)
    began = run.start_time or latest.timestamp
    later = [one for one in changed if newest[one].run_id != tried and newest[one].timestamp > began]
    return run.dagster_run.is_finished and bool(later)


# What a newest partition that begins, or a table that was never made, waits for.
_ARRIVED = dg.AutomationCondition.newly_missing() | dg.AutomationCondition.any_deps_updated()

# Dagster's `eager`, with the state in place of events. That some partition of a partitioned input was never made is no
# obstacle: an hour without events, or a day that nobody asked for, is nothing to wait for.
FOLLOW = (
    dg.AutomationCondition.in_latest_time_window()
    & (
        InputsChanged()
        | dg.AutomationCondition.any_deps_match(dg.AutomationCondition.will_be_requested())
        | (dg.AutomationCondition.missing() & _ARRIVED.since_last_handled())
    )
    & ~dg.AutomationCondition.any_deps_missing().ignore(dg.AssetSelection.tag(PARTITIONED, "true"))
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("follows its inputs")


def follow(refresh: str | None) -> dg.AutomationCondition[Any]:
    """How a table follows its inputs: at once, or where it has a pace, at the next full hour, day or week."""
    if refresh is None:
        return FOLLOW
    behind: dg.AutomationCondition[Any] = InputsChanged() | dg.AutomationCondition.missing()
    # What is due stays so while its inputs are under way; a tick at which nothing is behind passes.
    ticked: dg.AutomationCondition[Any] = behind & dg.AutomationCondition.cron_tick_passed(_PACES[refresh])
    due = ticked.since_last_handled()
    return (FOLLOW & due).with_label(f"follows its inputs, {refresh}")
