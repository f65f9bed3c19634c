"""Makes in an environment what differs from production, and nothing that stands there already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from tributary.assets.automation.partitions import Partitions
from tributary.assets.factory.specs import FORCE
from tributary.environments.differing import differing, with_unmade
from tributary.environments.state import State
from tributary.execution import AssetProgress, Run
from tributary.freshness import Why
from tributary.planning import without_downstream
from tributary.resources.warehouse.environments.dropping import drop_tables
from tributary.resources.warehouse.environments.holding import Made, note_made

Show = Callable[[Run], int]
"""Executes a run, and shows it; 0 where all of it was made."""


@dataclass(frozen=True)
class Plan:
    """What is to be done in an environment for a selection.

    Attributes:
        differs: why each table that differs from production does, upstream first.
        todo: those of them that are to be made.
        gone: tables that the environment holds, and that do not differ any more, or that nothing makes: they go.
        outside: selected assets whose code differs and that no environment makes, as they are in the lake or asked for.
    """

    differs: Mapping[str, Why]
    todo: Sequence[str]
    gone: Sequence[str]
    outside: Sequence[str]


def plan(state: State, among: Collection[str], partitions: Partitions, *, force: bool) -> Plan:
    """What making these assets in the environment takes."""
    made = state.made()
    wanted = with_unmade(state.graph, state.production, among, state.tables)
    # What the environment holds beside is what is read, so that what reads it differs.
    every = differing(state.graph, state.production, wanted | made.keys())
    differs = {key: why for key, why in every.items() if key in wanted}
    now = state.inputs(differs)
    todo: list[str] = []
    for key in differs:
        asset, own = state.graph.by_key[key], made.get(key)
        stands = own is not None and _is_current(state, own, now[key]) and not ranges_of(state, key, own, partitions)
        if force or not stands or not set(asset.reads).isdisjoint(todo):
            todo.append(key)
    gone = [key for key in made if key not in state.graph.by_key or (key in among and key not in differs)]
    return Plan(differs, todo, gone, _outside(state, among))


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

    Those that are named, else those that production has made; of a table that it never made, all.
    """
    definition = _partitions_of(state, key)
    if definition is None:
        return []
    if partitions.named:
        first, last = partitions.key or partitions.start or "", partitions.key or partitions.end or ""
        wanted: Collection[str] = set(_keys(definition, first, last))
    else:
        wanted = set(state.partitions(key)) or set(definition.get_partition_keys())
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


def build(state: State, plan: Plan, partitions: Partitions, show: Show, *, force: bool) -> int:
    """Make what is to be made; 0 where all of it was. What reads something that could not be made is not begun."""
    with state.session() as session:
        drop_tables(session, state.engine.environment, plan.gone)
    made, failed = state.made(), 0
    unmade: set[dg.AssetKey] = set()
    with dg.DagsterInstance.ephemeral() as instance:
        for some in batches(state, plan.todo):
            keys = without_downstream(state.job, [dg.AssetKey(key.split(".")) for key in some], unmade)
            failed |= len(keys) < len(some)
            for one in _begun(state, some[0], made.get(some[0]), partitions, force=force) if keys else ():
                run = _NotedRun(state, instance, keys, one, {FORCE: "true"} if force else {})
                failed |= show(run)
                if not run.succeeded:
                    unmade |= {key for key in keys if run.assets[".".join(key.path)].status != "done"}
                    break
    return int(failed)


def batches(state: State, keys: Sequence[str]) -> Iterator[list[str]]:
    """These assets in an order in which they can be made, together where one run can make them: without partitions."""
    pending = list(keys)
    while pending:
        some: list[str] = []
        for key in pending:
            alone = _partitions_of(state, key) is not None
            if (some and alone) or not set(state.graph.by_key[key].reads).isdisjoint(set(pending) - set(some)):
                continue
            some.append(key)
            if alone:
                break
        yield some
        pending = [key for key in pending if key not in some]


def _begun(state: State, key: str, made: Made | None, partitions: Partitions, *, force: bool) -> list[Partitions]:
    """The runs' partitions; a table whose partitions are of other code or inputs begins anew."""
    if _partitions_of(state, key) is None:
        return [Partitions()]
    if made is not None and (force or not _is_current(state, made, state.inputs([key])[key])):
        with state.session() as session:
            drop_tables(session, state.engine.environment, [key])
        made = None
    return ranges_of(state, key, made, partitions)


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
        for progress in super().events():
            if progress.status == "done":
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
    return state.job.asset_layer.asset_graph.get(dg.AssetKey(key.split("."))).partitions_def


def _keys(definition: dg.PartitionsDefinition[str], first: str, last: str) -> Sequence[str]:
    return definition.get_partition_keys_in_range(dg.PartitionKeyRange(first, last))
