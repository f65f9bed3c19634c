"""Opening Dagster's instance, and the environment that it and every process of Dagster's need for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tributary.assets.reporting.tags import POOL as REPORTS
from tributary.assets.sources import get_sources
from tributary.instance.configuration import URL_VARIABLE, write_configuration
from tributary.instance.pools import limit_pool
from tributary.resources.warehouse.opening import open_warehouse

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from tributary.resources.postgres.databases import Databases
    from tributary.resources.settings import Settings

# Events that come in a batch (one for each partition of a range) are then written by one statement.
_EVENT_BATCH_SIZE = "1000"


def dagster_environment(settings: Settings, databases: Databases) -> dict[str, str]:
    """The variables that make any process of Dagster's use this instance. They hold the database's password."""
    found = {
        "DAGSTER_HOME": str(settings.dagster_home),
        URL_VARIABLE: databases.url("dagster"),
        "DAGSTER_EVENT_BATCH_SIZE": _EVENT_BATCH_SIZE,
    }
    if settings.ecs_task_definition or settings.compute_logs_location.startswith("s3://"):
        # dagster-aws asks nothing else.
        found["AWS_DEFAULT_REGION"] = settings.aws_region
        if settings.aws_endpoint_url is not None:
            found["AWS_ENDPOINT_URL"] = settings.aws_endpoint_url
    return found


@contextmanager
def open_instance(settings: Settings, databases: Databases, *, mended: bool = True) -> Iterator[DagsterInstance]:
    """Dagster's instance on these databases; its tables are made or brought up to date, and renamed assets keep their
    records.

    The process's environment is set as `dagster_environment` says, since Dagster reads it again when it starts runs.
    Leave it before the databases: the connections that it keeps hold up the server. What this process prints is not
    captured as the output of its runs: it is what a person reads on the terminal, and capturing it takes two more
    processes a run. Unless `mended`, its records are left as they are: for who only looks, maybe by other code.
    """
    write_configuration(settings)
    os.environ.update(dagster_environment(settings, databases))

    from dagster import DagsterInstance

    from tributary.instance.engine import pooled_engine
    from tributary.instance.renamed import carry_over
    from tributary.instance.upgrading import upgrade_records
    from tributary.resources.dagster_internals import NO_COMPUTE_LOGS
    from tributary.resources.dagster_internals.records import InstanceRef

    reference = InstanceRef.from_dir(str(settings.dagster_home), overrides={"compute_logs": NO_COMPUTE_LOGS})
    try:
        with DagsterInstance.from_ref(reference) as instance:
            if mended:
                upgrade_records(instance, databases.url("dagster"))
                limit_pool(instance, REPORTS, settings.report_concurrency)
                formerly = {former: name for source in get_sources() for former, name in source.formerly.items()}
                carry_over(instance, formerly, lambda: open_warehouse(settings))
            yield instance
    finally:
        pooled_engine(databases.url("dagster")).dispose()
