"""The step that brings objects into the lake, or makes some of others. What it brings and how, its caller says."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import wraps
from typing import Any, TypeAlias

import dagster as dg

from tributary.assets.factory.dagster_events import failure
from tributary.resources.errors import TributaryError

Told: TypeAlias = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]


def object_step(
    spec: dg.AssetSpec,
    *,
    checks: Sequence[dg.AssetCheckSpec] = (),
    pool: str | None = None,
    resources: Set[str] | None = None,
) -> Callable[[Callable[..., Told]], dg.AssetsDefinition]:
    """Decorates the function that makes an asset of objects; an error that a person is to read is told as it is.

    A range of partitions is one run. The function's parameters are the context, and resources as `dg.ResourceParam`;
    those whose names only its caller knows are `resources`, and asked of the context.
    """

    def decorate(make: Callable[..., Told]) -> dg.AssetsDefinition:
        @dg.multi_asset(
            name="__".join(spec.key.path),
            specs=[spec],
            check_specs=list(checks),
            backfill_policy=dg.BackfillPolicy.single_run() if spec.partitions_def is not None else None,
            pool=pool,
            required_resource_keys=set(resources or ()),
        )
        @wraps(make)
        def run(*arguments: object, **others: object) -> Told:
            try:
                yield from make(*arguments, **others)
            except TributaryError as error:
                raise failure(error) from error

        return run

    return decorate


def warning(key: dg.AssetKey, name: str, passed: bool, metadata: Mapping[str, Any]) -> dg.AssetCheckResult:
    """The outcome of a check that stops nothing."""
    return dg.AssetCheckResult(
        passed=passed, asset_key=key, check_name=name, severity=dg.AssetCheckSeverity.WARN, metadata=metadata
    )
