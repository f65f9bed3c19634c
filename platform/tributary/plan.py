"""The one plan that `plan` shows and `materialize` carries out: which runs, of which assets, why, and about how long.

`planning` says which partitions are due and what is taken along; `freshness` says what is out of date. Nothing is
written here, so that a plan costs nothing. What the code's change does to rows is `model_changes`' matter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import dagster as dg

from tributary.asset_graph import Asset, AssetGraph
from tributary.assets.automation.partitions import UNPARTITIONED, Partitions
from tributary.assets.factory.specs import FORCE, MISSING
from tributary.assets.parts import Due
from tributary.execution import check_partitions
from tributary.freshness import Why
from tributary.planning import Plan, PlannedRun, Upstream, is_asked_for, missing, plan
from tributary.reports.unmade import RequestRun
from tributary.selection import SelectionError

_LOOKING = ("raw", "transformed")


@dataclass(frozen=True)
class Asked:
    """What is asked to be materialised: assets, the partitions of those that have them, and how."""

    keys: Sequence[dg.AssetKey]
    partitions: Partitions = UNPARTITIONED
    force: bool = False
    missing: bool = False


@dataclass(frozen=True)
class Planned:
    """Runs in their order with what there is to say beside, what is taken along, and the range of which all is made."""

    plan: Plan
    taken: Upstream
    made: str = ""


class Context(NamedTuple):
    """What a plan is made in: the job of all assets, the instance, and what says which partitions are due."""

    job: dg.JobDefinition
    instance: dg.DagsterInstance
    dues: Mapping[str, Due]
    resources: Mapping[str, object]
    waiting: Callable[[], Sequence[RequestRun]] = tuple


def checked(job: dg.JobDefinition, asked: Asked) -> Asked:
    """What is asked, of assets that have the partitions.

    Raises:
        SelectionError: they have not, or there is no range of which something could be missing.
    """
    if not asked.partitions.named:
        if asked.missing:
            raise SelectionError("--missing needs the range to look at; give --from and --to.")
        return asked
    # A range of days is none of what people asked for: only where that alone is selected is its key meant.
    keys = [key for key in asked.keys if not is_asked_for(job, key)] or asked.keys
    check_partitions(job, keys, asked.partitions)
    return replace(asked, keys=keys)


def planned(context: Context, asked: Asked, taken: Upstream) -> Planned:
    """The runs that make what is asked, with what is taken along."""
    job, instance, dues, resources, waiting = context
    tags = {tag: "true" for tag, wanted in ((FORCE, asked.force), (MISSING, asked.missing)) if wanted}
    if not asked.partitions.named:
        return Planned(_tagged(plan(job, instance, [*asked.keys, *taken.keys], dues, resources, waiting), tags), taken)
    # What is taken along holds what is there already: only what lacks is pulled.
    before = plan(job, instance, taken.before, dues, resources) if taken.before else Plan(())
    before = _tagged(before, {MISSING: "true"})
    tags |= {MISSING: "true"} if taken.along else {}
    everything = (*asked.keys, *taken.along)
    ranges = missing(job, instance, everything, asked.partitions) if asked.missing else [asked.partitions]
    own = [PlannedRun(everything, one, tags, after_all=bool(taken.before)) for one in ranges]
    return Planned(replace(before, runs=(*before.runs, *own)), taken, "" if ranges else str(asked.partitions))


def _tagged(found: Plan, tags: Mapping[str, str]) -> Plan:
    return replace(found, runs=tuple(replace(one, tags={**tags, **one.tags}) for one in found.runs))


class Step(NamedTuple):
    """What becomes of an asset in a run.

    Attributes:
        does: `make`: its rows are made; `look`: its source is read, whose state nobody knows before; `stand`: it is
            checked and left as it is, unless something that it reads and that is looked at holds other data; `refuse`.
        reasons: why it is made, or is to be.
        seconds: what it is expected to take, as it took lately; None where it never was made.
    """

    asset: Asset
    does: Literal["make", "look", "stand", "refuse"]
    reasons: tuple[Why, ...]
    seconds: float | None


@dataclass(frozen=True)
class Known:
    """What is known of assets, by `layer.name`.

    Attributes:
        stale: why those that are out of date are so.
        failed: those whose newest run failed to make them.
        rows_of: of models, the tables that their rows follow from; what else they read only their checks look into.
        seconds: how long a step takes that makes rows.
    """

    graph: AssetGraph
    stale: Mapping[str, tuple[Why, ...]]
    failed: Collection[str] = ()
    rows_of: Mapping[str, Collection[str]] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


def steps(found: Planned, known: Known) -> list[list[Step]]:
    """By run, what becomes of its assets, what is read before what reads it."""
    made: set[str] = set()
    told = []
    for run in found.plan.runs:
        names = {".".join(key.path) for key in run.keys}
        own = []
        for asset in known.graph.assets:
            if asset.key in names:
                own.append(_step(asset, run, made, known))
                made |= {asset.key} if own[-1].does == "make" else set()
        told.append(own)
    return told


def _step(asset: Asset, run: PlannedRun, made: Collection[str], known: Known) -> Step:
    if asset.refused:
        return Step(asset, "refuse", (), None)
    rows_of = known.rows_of.get(asset.key) or asset.reads
    # What is out of date upstream is a reason where it is made before, and then it is told as such.
    reasons = [why for why in known.stale.get(asset.key, ()) if why.how != "upstream"]
    reasons = [why for why in reasons if why.how != "input" or why.of in rows_of]
    reasons += [Why("forced")] if FORCE in run.tags else []
    reasons += [Why("partitions", str(run.partitions))] if asset.partitioned else []
    told = {why.of for why in reasons}
    reasons += [Why("made before", one) for one in rows_of if one in made and one not in told]
    looks = asset.layer in _LOOKING and not asset.partitioned
    does: Literal["make", "look", "stand"] = "look" if looks else "make" if reasons else "stand"
    reasons += [Why("failed")] if asset.key in known.failed else []
    return Step(asset, does, tuple(reasons), known.seconds.get(asset.key))
