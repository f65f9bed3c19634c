"""Plans the runs that a selection takes where nobody names partitions: which of them are due is the sources' to say.

One run holds one kind of partitions at most, so each source with partitioned assets gets runs of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import dagster as dg

from tributary.assets.automation.asking import makeable, of_requests
from tributary.assets.automation.partitions import Partitions
from tributary.assets.parts import Due, KeyRange
from tributary.assets.sources import SourceError
from tributary.execution import check_partitions
from tributary.freshness import out_of_date
from tributary.reports.unmade import RequestRun


@dataclass(frozen=True)
class PlannedRun:
    """The assets of one run, the partitions that it makes of those that have any, and tags of its own.

    With `after_all` it is begun only where everything before it was made.
    """

    keys: tuple[dg.AssetKey, ...]
    partitions: Partitions
    tags: Mapping[str, str] = field(default_factory=dict)
    after_all: bool = False


@dataclass(frozen=True)
class Plan:
    """Runs in their order, the sources of which no partition is due, and why some cannot be planned, in sentences."""

    runs: tuple[PlannedRun, ...]
    nothing_due: tuple[str, ...] = ()
    unplanned: tuple[str, ...] = ()


def plan(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    keys: Collection[dg.AssetKey],
    dues: Mapping[str, Due],
    resources: Mapping[str, object],
    waiting: Callable[[], Sequence[RequestRun]] = tuple,
) -> Plan:
    """The runs that make these assets: the unpartitioned sources together, then each partitioned one by its due ranges.

    `dues` are by source. What of a source is not partitioned is made in the last of its runs, when all of its
    partitions are there. The extracts of reports have keys without an order, of which those are due that somebody waits
    for: `waiting` gives their runs, which follow when all that they read is there, and are followed by what reads them.
    """
    asked_for = [key for key in keys if is_asked_for(job, key)]
    if asked_for:
        runs = [one for one in waiting() if one.keys[0] in asked_for]
        others = [key for key in keys if key not in asked_for]
        before = without_downstream(job, others, {one.keys[0] for one in runs})
        made = plan(job, instance, before, dues, resources)
        behind = tuple(key for key in others if key not in before and all(key not in one.keys for one in runs))
        own = [PlannedRun(one.keys, Partitions(one.key), one.tags) for one in runs]
        last = [PlannedRun(behind, Partitions())] if behind else []
        idle = () if others or runs else tuple(".".join(key.path) for key in asked_for)
        return Plan((*made.runs, *own, *last), (*made.nothing_due, *idle), made.unplanned)
    return _plan(job, instance, keys, dues, resources)


def is_asked_for(job: dg.JobDefinition, key: dg.AssetKey) -> bool:
    """Whether an asset's partitions are what people asked for."""
    return isinstance(job.asset_layer.asset_graph.get(key).partitions_def, dg.DynamicPartitionsDefinition)


def _plan(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    keys: Collection[dg.AssetKey],
    dues: Mapping[str, Due],
    resources: Mapping[str, object],
) -> Plan:
    first: list[dg.AssetKey] = []
    later: list[PlannedRun] = []
    idle: list[str] = []
    unplanned: list[str] = []
    for group, members in _by_group(job, keys).items():
        partitioned = _partitioned(job, members)
        ask = dues.get(group)
        if ask is None:
            alone = without_downstream(job, [key for key in members if key not in partitioned], partitioned)
            first += alone
            later += _lacking(job, instance, [key for key in members if key not in alone])
            continue
        if not partitioned:
            first += members
            continue
        try:
            ranges = _wanted(job, instance, partitioned, ask, resources)
        except SourceError as error:
            unplanned.append(str(error))
            continue
        if not ranges:
            idle.append(group)
        later += _runs(members, partitioned, ranges)
    runs = [PlannedRun(tuple(first), Partitions()), *later] if first else later
    return Plan(tuple(runs), tuple(idle), tuple(unplanned))


def _lacking(job: dg.JobDefinition, instance: dg.DagsterInstance, keys: Sequence[dg.AssetKey]) -> list[PlannedRun]:
    """Runs of the partitions that were never made, where no source says which are due, and of what reads them."""
    by_kind: dict[dg.PartitionsDefinition[str], list[dg.AssetKey]] = {}
    partitioned = _partitioned(job, keys)
    for key in partitioned:
        kind = job.asset_layer.asset_graph.get(key).partitions_def
        if kind is not None:
            by_kind.setdefault(kind, []).append(key)
    runs: list[PlannedRun] = []
    for kind, same in by_kind.items():
        first, last = kind.get_first_partition_key(), kind.get_last_partition_key()
        if first is not None and last is not None:
            runs += [
                PlannedRun(tuple(same), one) for one in missing(job, instance, same, Partitions(None, first, last))
            ]
    others = tuple(key for key in keys if key not in partitioned)
    return [*runs, PlannedRun(others, Partitions())] if others else runs


def _wanted(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    partitioned: Sequence[dg.AssetKey],
    ask: Due,
    resources: Mapping[str, object],
) -> list[KeyRange]:
    """The ranges that are due, and those of partitions that hold something and that some asset lacks.

    The latter are left by a run that ended between the steps: their source is in, and what is made of it is not.
    """
    if _never_made(instance, partitioned):
        return list(ask(resources, True))
    ranges = list(ask(resources, False))
    due = {name for one in ranges for name in _names(job, partitioned[0], one)}
    for one in ask(resources, True):
        for lacking in missing(job, instance, partitioned, Partitions(None, *one)):
            if lacking.start is not None and lacking.end is not None:
                found = KeyRange(lacking.start, lacking.end)
                if not due.issuperset(_names(job, partitioned[0], found)):
                    ranges.append(found)
    return sorted(ranges)


def _names(job: dg.JobDefinition, key: dg.AssetKey, found: KeyRange) -> Sequence[str]:
    definition = job.asset_layer.asset_graph.get(key).partitions_def
    return [] if definition is None else definition.get_partition_keys_in_range(dg.PartitionKeyRange(*found))


def missing(
    job: dg.JobDefinition, instance: dg.DagsterInstance, keys: Sequence[dg.AssetKey], partitions: Partitions
) -> list[Partitions]:
    """Of the range, the partitions that some of the assets lack, as ranges without gaps, first to last.

    Raises:
        SelectionError: the assets do not have these partitions.
    """
    check_partitions(job, keys, partitions)
    first, last = partitions.key or partitions.start, partitions.key or partitions.end
    if any(is_asked_for(job, key) for key in keys):
        return [partitions]
    lacking: set[str] = set()
    order: Sequence[str] = ()
    for key in _partitioned(job, keys):
        definition = job.asset_layer.asset_graph.get(key).partitions_def
        if definition is None or first is None or last is None:
            continue
        order = definition.get_partition_keys_in_range(dg.PartitionKeyRange(first, last))
        lacking |= set(order) - set(instance.get_materialized_partitions(key))
    found: list[Partitions] = []
    begun: str | None = None
    for position, name in enumerate(order):
        begun = begun or (name if name in lacking else None)
        ends = position + 1 == len(order) or order[position + 1] not in lacking
        if begun is not None and name in lacking and ends:
            found.append(Partitions(None, begun, name))
            begun = None
    return found


@dataclass(frozen=True)
class Upstream:
    """What a selection reads and was never made: to be made `before` it, or `along` with it, by the same partitions."""

    before: tuple[dg.AssetKey, ...] = ()
    along: tuple[dg.AssetKey, ...] = ()

    @property
    def keys(self) -> tuple[dg.AssetKey, ...]:
        """All of it."""
        return (*self.before, *self.along)


def missing_upstream(
    job: dg.JobDefinition, instance: dg.DagsterInstance, keys: Collection[dg.AssetKey], partitions: Partitions
) -> Upstream:
    """What the assets read, and that in turn, as far as it was never made.

    Where partitions are named, something that has the same ones lacks when it lacks one of these; it is made along with
    the selection, and so is what stands between the two.
    """
    graph = job.asset_layer.asset_graph
    selected = set(keys)
    kinds = [graph.get(key).partitions_def for key in _partitioned(job, sorted(selected))]
    same = kinds[0] if partitions.named and kinds else None
    made = instance.get_latest_materialization_events(_ancestors(job, selected))
    found: set[dg.AssetKey] = set()
    pending = list(selected)
    while pending:
        for parent in graph.get(pending.pop()).parent_keys:
            if parent in selected or parent in found or parent not in graph.materializable_asset_keys:
                continue
            if is_asked_for(job, parent):
                continue
            has_same = same is not None and graph.get(parent).partitions_def == same
            if missing(job, instance, [parent], partitions) if has_same else made.get(parent) is None:
                found.add(parent)
                pending.append(parent)
    by_partition = {key for key in found if same is not None and graph.get(key).partitions_def == same}
    before = without_downstream(job, sorted(found - by_partition), by_partition)
    return Upstream(tuple(before), tuple(sorted(found - set(before))))


def without_downstream(
    job: dg.JobDefinition, keys: Sequence[dg.AssetKey], upstream: Collection[dg.AssetKey]
) -> list[dg.AssetKey]:
    """Those of the assets that read none of the others, directly or by way of something else."""
    if not upstream:
        return list(keys)
    return [key for key in keys if not set(upstream) & set(_ancestors(job, {key}))]


def _ancestors(job: dg.JobDefinition, keys: Collection[dg.AssetKey]) -> list[dg.AssetKey]:
    graph = job.asset_layer.asset_graph
    found: set[dg.AssetKey] = set()
    pending = list(keys)
    while pending:
        for parent in graph.get(pending.pop()).parent_keys:
            if parent not in found:
                found.add(parent)
                pending.append(parent)
    return sorted(key for key in found if key in graph.materializable_asset_keys)


def out_of_date_or_due(
    defs: dg.Definitions, instance: dg.DagsterInstance, dues: Mapping[str, Due], resources: Mapping[str, object]
) -> list[dg.AssetKey]:
    """What a start should make: assets that are out of date, and all of a source of which some partition is due.

    So is a source that cannot tell: it is the plan that says so.
    """
    job = defs.resolve_implicit_global_asset_job_def()
    found = {dg.AssetKey(name.split("/")) for name in out_of_date(defs, instance)}
    graph = job.asset_layer.asset_graph
    made = makeable(graph)
    asked = of_requests({key: graph.get(key).parent_keys for key in made}, [k for k in made if is_asked_for(job, k)])
    groups = _by_group(job, made - asked)
    for name, due in dues.items():
        members = groups.get(name, [])
        partitioned = _partitioned(job, members)
        try:
            wanted = partitioned and _wanted(job, instance, partitioned, due, resources)
        except SourceError:
            wanted = members
        if wanted:
            found.update(members)
    return sorted(found)


def _by_group(job: dg.JobDefinition, keys: Collection[dg.AssetKey]) -> dict[str, list[dg.AssetKey]]:
    groups: dict[str, list[dg.AssetKey]] = {}
    for key in sorted(keys):
        groups.setdefault(job.asset_layer.asset_graph.get(key).group_name or "", []).append(key)
    return groups


def _partitioned(job: dg.JobDefinition, keys: Sequence[dg.AssetKey]) -> list[dg.AssetKey]:
    return [key for key in keys if job.asset_layer.asset_graph.get(key).partitions_def is not None]


def _never_made(instance: dg.DagsterInstance, keys: Sequence[dg.AssetKey]) -> bool:
    made = instance.get_latest_materialization_events(keys)
    return any(made.get(key) is None for key in keys)


def _runs(
    members: Sequence[dg.AssetKey], partitioned: Sequence[dg.AssetKey], ranges: Sequence[KeyRange]
) -> list[PlannedRun]:
    others = tuple(key for key in members if key not in partitioned)
    if not ranges:
        return [PlannedRun(others, Partitions())] if others else []
    runs = [PlannedRun(tuple(partitioned), Partitions(None, *one)) for one in ranges[:-1]]
    return [*runs, PlannedRun(tuple(members), Partitions(None, *ranges[-1]))]
