"""Publishes an environment in production, where its rows are what production would make, and tells Dagster of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import dagster as dg

from tributary.assets.automation.partitions import UNPARTITIONED, Partitions
from tributary.environments.building import Show, batches, lacking_of
from tributary.environments.state import State, definitions_of
from tributary.execution import Run
from tributary.instance.opening import open_instance
from tributary.resources.errors import TributaryError
from tributary.resources.warehouse.environments.holding import Made, read_made
from tributary.resources.warehouse.environments.promoting import Promotion, promote, told
from tributary.resources.warehouse.environments.recording import AsPublished
from tributary.resources.warehouse.postgres.warehouse import PostgresEngine

PROMOTED_FROM = "tributary/environment"
"""The tag of runs that tell of what was published from an environment, with its name."""


_MOST_TOLD = 3


class BehindError(TributaryError):
    """Tables of an environment are not what production would make now; nothing was published."""


def publish(state: State, show: Show) -> int:
    """Publish all that the environment holds, and record it as made; 0 where all of it was recorded.

    Killed anywhere, it is to be called again: what was published and not recorded is recorded then.

    Raises:
        BehindError: some table must be made again first; it says which and why.
        WarehouseError: production's readers or writers are in the way; nothing was published.
    """
    made = state.made()
    if behind := list(obstacles(state, made)):
        more = f" So it is with {len(behind) - _MOST_TOLD:,} more." if len(behind) > _MOST_TOLD else ""
        raise BehindError(f"Nothing was published. {' '.join(behind[:_MOST_TOLD])}{more}")
    environment, keys = state.engine.environment, [key for key in state.graph.by_key if key in made]
    with state.session() as session:
        if keys:
            models = state.platform.models
            selects = {key: models[key].statement("postgres") for key in keys if state.tables[key].kind == "view"}
            promote(session, Promotion(environment, [state.tables[key] for key in keys], selects))
        pending = read_made(session, environment, "promoted")
    return _record(state, pending, show) if pending else 0


def obstacles(state: State, made: Mapping[str, Made]) -> Iterator[str]:
    """Why tables cannot be published as they are, in sentences."""
    command = f"`tributary --env {state.engine.environment.name} materialize`"
    again = f"make it again by {command}."
    known = [key for key in made if key in state.graph.by_key]
    now = state.inputs(known)
    for key, own in made.items():
        if key not in state.graph.by_key:
            yield f"{key} is made by nothing now; {command} drops it."
        elif own.code_version != state.graph.by_key[key].code_version:
            yield f"{key} was made by other code than there is now: {again}"
        elif other := sorted(name for name in now[key] if own.inputs.get(name) != now[key][name]):
            yield f"{key} was made from other rows of {', '.join(other)} than there are now: {again}"
        elif lacking := lacking_of(state, own):
            yield f"{key} lacks partitions that production has ({lacking[0]}): {again}"


def left_behind(state: State, keys: Collection[str]) -> list[str]:
    """Tables that read one of these and are none of them: production is to make them again when these are published."""
    others = (state.graph.by_key[key] for key in state.graph.by_key if key in state.tables and key not in keys)
    return [one.key for one in others if not set(one.reads).isdisjoint(keys)]


def _record(state: State, pending: Mapping[str, Made], show: Show) -> int:
    """Record, in production, the materialisations of rows that stand there."""
    settings = state.settings.model_copy(update={"environment": ""})
    engine = PostgresEngine(lambda: state.databases.url("warehouse"), lambda: state.databases.reader_url("warehouse"))
    resources = {**state.platform.resources(settings), "warehouse": AsPublished(engine)}
    defs = definitions_of(state.platform, resources)
    order = [key for key in state.graph.by_key if key in pending]
    tags = {PROMOTED_FROM: state.engine.environment.name}
    with open_instance(settings, state.databases) as instance:
        for some in batches(state, order, lambda key: pending[key].partitions):
            keys = [dg.AssetKey(key.split(".")) for key in some]
            ranges = [Partitions(None, first, last) for first, last in pending[some[0]].partitions]
            if any(show(Run(defs, instance, keys, one, tags)) for one in ranges or [UNPARTITIONED]):
                return 1  # what reads them is recorded after them
            with state.session() as session:
                told(session, state.engine.environment, some)
    return 0
