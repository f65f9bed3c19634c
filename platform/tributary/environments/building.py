"""Makes in an environment what differs from production, and nothing that stands there already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from tributary.assets.automation.partitions import UNPARTITIONED, Partitions
from tributary.assets.factory.specs import FORCE
from tributary.environments.differing import differing, lacking, with_unmade
from tributary.environments.state import State
from tributary.execution import AssetProgress, Run, check_partitions
from tributary.freshness import Why
from tributary.planning import PlannedRun, without_downstream
from tributary.resources.warehouse.environments.dropping import drop_tables
from tributary.resources.warehouse.environments.holding import Made, note_made

Show = Callable[[Run], int]
"""Executes a run, and shows it; 0 where all of it was made."""


@dataclass(frozen=True)
class Plan:
    """What is to be done in an environment for a selection; `build` carries it out.

    Attributes:
        differs: why each table that differs from production does, upstream first.
        runs: those that make what of these does not stand, in their order.
        gone: tables that the environment holds, and that do not differ any more, or that nothing makes: they go.
        anew: tables of which it holds partitions of other code or inputs, which go before others are made.
        outside: selected assets whose code differs and that no environment makes, as they are in the lake or asked for.
        lacking: tables that cannot be made, as production never made what they are made from.
    """

    differs: Mapping[str, Why]
    runs: Sequence[PlannedRun]
    gone: Sequence[str]
    anew: Sequence[str]
    outside: Sequence[str]
    lacking: Sequence[str]

    @property
    def todo(self) -> list[str]:
        """The tables that are made, as `layer.name`, in the order of the runs."""
        return list(dict.fromkeys(".".join(key.path) for run in self.runs for key in run.keys))


def plan(state: State, among: Collection[str], partitions: Partitions, *, force: bool) -> Plan:
    """What making these assets in the environment takes.

    Raises:
        SelectionError: none of them has the partitions that are named.
    """
    made = state.made()
    wanted = with_unmade(state.graph, state.production, among, state.tables)
    without = lacking(state.graph, state.production, wanted, state.tables)
    wanted -= set(without)
    if partitions.named:
        check_partitions(state.job, [dg.AssetKey(key.split(".")) for key in wanted], partitions)
    # What the environment holds beside is what is read, so that what reads it differs.
    every = differing(state.graph, state.production, wanted | made.keys())
    differs = {key: why for key, why in every.items() if key in wanted}
    now = state.inputs(differs)
    todo: dict[str, list[Partitions]] = {}
    anew: list[str] = []
    for key in differs:
        own, asset = made.get(key), state.graph.by_key[key]
        if own is not None and (
            force or not _is_current(state, own, now[key]) or not todo.keys().isdisjoint(asset.reads)
        ):
            anew += [key] if asset.partitioned else []
            own = None
        ranges = ranges_of(state, key, own, partitions) if asset.partitioned else [UNPARTITIONED]
        if own is None or (asset.partitioned and ranges):
            todo[key] = ranges
    tags = {FORCE: "true"} if force else {}
    runs = [
        PlannedRun(tuple(dg.AssetKey(key.split(".")) for key in some), one, tags)
        for some in batches(state, list(todo), lambda key: tuple(todo[key]))
        for one in todo[some[0]]
    ]
    gone = [key for key in made if key not in state.graph.by_key or (key in among and key not in differs)]
    return Plan(differs, runs, gone, anew, _outside(state, among), without)


def _is_current(state: State, made: Made, now: Mapping[str, str]) -> bool:
    return made.code_version == state.graph.by_key[made.key].code_version and dict(made.inputs) == now


def _outside(state: State, among: Collection[str]) -> list[str]:
    return [
        key
        for key, asset in state.graph.by_key.items()
        if key in among
        and key not in state.tables
        and key in state.production
        and state.production[key].code_version != asset.code_version
    ]


def ranges_of(state: State, key: str, made: Made | None, partitions: Partitions) -> list[Partitions]:
    """The ranges of partitions that are to be made of a table; none of one that has no partitions.

    Those that are named, else those that production has made, of the table or of what it reads by the same partitions;
    where there are none, all.
    """
    definition = _partitions_of(state, key)
    if definition is None:
        return []
    if partitions.named:
        first, last = partitions.key or partitions.start or "", partitions.key or partitions.end or ""
        wanted: Collection[str] = set(_keys(definition, first, last))
    else:
        wanted = _known(state, key) or set(definition.get_partition_keys())
    return _left(definition, wanted, made)


def lacking_of(state: State, made: Made) -> list[Partitions]:
    """The ranges of partitions that production has made, of a table or of what it reads, and that are not made here."""
    definition = _partitions_of(state, made.key)
    return [] if definition is None else _left(definition, _known(state, made.key), made)


def _known(state: State, key: str) -> set[str]:
    like = [one for one in state.graph.by_key[key].reads if _partitions_of(state, one) == _partitions_of(state, key)]
    return set(state.partitions(key)) or {name for one in like for name in state.partitions(one)}


def _left(definition: dg.PartitionsDefinition[str], wanted: Collection[str], made: Made | None) -> list[Partitions]:
    done = {one for first, last in (made.partitions if made else ()) for one in _keys(definition, first, last)}
    return _ranges([one for one in definition.get_partition_keys() if one in wanted], done)


def _ranges(order: Sequence[str], done: Collection[str]) -> list[Partitions]:
    found: list[list[str]] = []
    for before, name in zip([None, *order], order, strict=False):
        if name in done:
            continue
        if found and found[-1][-1] == before:
            found[-1].append(name)
        else:
            found.append([name])
    return [Partitions(None, some[0], some[-1]) for some in found]


def build(state: State, plan: Plan, show: Show) -> int:
    """Carry out a plan; 0 where all of it was made. What reads something that could not be made is not begun."""
    with state.session() as session:
        drop_tables(session, state.engine.environment, {*plan.gone, *plan.anew})
    failed, unmade = 0, set[dg.AssetKey]()
    with dg.DagsterInstance.ephemeral() as instance:
        for one in plan.runs:
            keys = [key for key in without_downstream(state.job, one.keys, unmade) if key not in unmade]
            failed |= len(keys) < len(one.keys)
            if keys:
                run = _NotedRun(state, instance, keys, one.partitions, one.tags)
                failed |= show(run)
                unmade |= {key for key in keys if run.assets[".".join(key.path)].status != "done"}
    return int(failed)


def batches(state: State, keys: Sequence[str], ranges: Callable[[str], Hashable]) -> Iterator[list[str]]:
    """These assets in an order in which they can be made, together where one run can make them.

    That is where they have no partitions, or the same; `ranges` tells which of these are to be made.
    """
    pending = list(keys)
    while pending:
        some: list[str] = []
        kind = (_partitions_of(state, pending[0]), ranges(pending[0]))
        for key in pending:
            waits = set(state.graph.by_key[key].reads) & (set(pending) - set(some))
            if not waits and (_partitions_of(state, key), ranges(key)) == kind:
                some.append(key)
        yield some
        pending = [key for key in pending if key not in some]


class _NotedRun(Run):
    """A run that notes of each table that it made what it was made from."""

    def __init__(
        self,
        state: State,
        instance: dg.DagsterInstance,
        keys: Sequence[dg.AssetKey],
        partitions: Partitions,
        tags: Mapping[str, str],
    ) -> None:
        super().__init__(state.defs, instance, keys, partitions, tags)
        self._state = state
        for name in self.assets:
            state.engine.read.pop(name, None)

    def events(self) -> Iterator[AssetProgress]:
        """As of any run."""
        noted: set[str] = set()
        for progress in super().events():
            if progress.status == "done" and progress.key not in noted:
                noted.add(progress.key)
                self._note(progress.key)
            yield progress

    def _note(self, key: str) -> None:
        state, asset = self._state, self._state.graph.by_key[key]
        inputs = {**state.engine.read.get(key, {}), **state.outside(asset.reads)}
        first, last = self.partitions.key or self.partitions.start, self.partitions.key or self.partitions.end
        ranges = ((first, last),) if first is not None and last is not None else ()
        with state.session() as session:
            note_made(session, state.engine.environment, Made(key, asset.code_version, inputs, ranges))


def _partitions_of(state: State, key: str) -> dg.PartitionsDefinition[str] | None:
    graph, own = state.job.asset_layer.asset_graph, dg.AssetKey(key.split("."))
    return graph.get(own).partitions_def if graph.has(own) else None


def _keys(definition: dg.PartitionsDefinition[str], first: str, last: str) -> Sequence[str]:
    return definition.get_partition_keys_in_range(dg.PartitionKeyRange(first, last))
