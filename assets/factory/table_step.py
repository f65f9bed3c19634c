"""The step that makes a warehouse table, and that can also check the rows that stand without making any.

What it writes and how, its caller says; what is told of it is `dagster_events`'.
"""

from collections.abc import Callable, Sequence
from functools import wraps

import dagster as dg

from tributary.assets.factory.dagster_events import Events, asset_key, check_result, check_specs, failure, origin_of
from tributary.resources.errors import TributaryError
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.warehouse import Warehouse

Step = Callable[..., Events]


def table_step(
    table: Table, spec: dg.AssetSpec, *, checks: Sequence[dg.AssetCheckSpec] = ()
) -> Callable[[Step], dg.AssetsDefinition]:
    """Decorates the function that makes `table`; a run of checks alone does not call it, but reviews what stands.

    A range of partitions is one window, made at once by one run. `checks` are those beside the table's own; they tell
    of a write, and so are evaluated with one only. The function's parameters are the context, the `warehouse`, and what
    else it needs, as `dg.ResourceParam`.
    """

    def decorate(make: Step) -> dg.AssetsDefinition:
        @dg.multi_asset(
            name=f"{table.schema}__{table.name}",
            specs=[spec],
            check_specs=[*check_specs(table), *checks],
            can_subset=True,
            backfill_policy=dg.BackfillPolicy.single_run() if spec.partitions_def is not None else None,
        )
        @wraps(make)
        def run(context: dg.AssetExecutionContext, warehouse: Warehouse, **others: object) -> Events:
            if context.selected_asset_keys:
                yield from make(context, warehouse=warehouse, **others)
            else:
                yield from _review(context, warehouse, table)

        return run

    return decorate


def _review(context: dg.AssetExecutionContext, warehouse: Warehouse, table: Table) -> Events:
    """The selected checks on the rows that stand.

    Raises:
        dagster.Failure: a blocking one fails, or the table is not there.
    """
    wanted = {key.name for key in context.selected_asset_check_keys if key.asset_key == asset_key(table.key)}
    try:
        results = warehouse.review(table, origin=origin_of(context, table)).checks
    except ChecksFailed as failed:
        results = failed.results
    except TributaryError as error:
        raise failure(error) from error
    found = [result for result in results if result.check.name in wanted]
    yield from (check_result(table, result) for result in found)
    left = sorted(wanted - {result.check.name for result in found})
    if left:
        context.log.warning("%s tell of a write: evaluated when %s is made, not alone.", ", ".join(left), table.key)
    broken = [result.sentence for result in found if result.blocks]
    if broken:
        raise dg.Failure(
            description=f"The rows of {table.key} that stand break its checks, and stay: {'; '.join(broken)}",
            allow_retries=False,
        )
