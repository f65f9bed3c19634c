"""The sensor that tells a receiver of OpenLineage's events of all runs, whoever started them.

It reads the event log from where it left off, and so costs no run anything: a receiver that is away or refuses stops
none, and is told later what it missed, for as long as Dagster's records are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import dagster as dg

from tributary.assets.factory.model import SqlModel
from tributary.resources.settings import get_settings


def lineage_sensors(models: Mapping[str, SqlModel]) -> Iterator[dg.SensorDefinition]:
    """The sensor `open_lineage`, where the settings name a receiver."""
    if not get_settings().openlineage:
        return

    @cache
    def statement(key: str) -> str | None:
        return models[key].statement("postgres") if key in models else None

    @dg.sensor(
        name="open_lineage",
        minimum_interval_seconds=15,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends OpenLineage events of what runs began, made and failed at, with the lineage of each column.",
    )
    def open_lineage(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        from tributary.instance.engine import pooled_engine
        from tributary.instance.pooled_storage import database_url
        from tributary.openlineage.reading import newest
        from tributary.openlineage.sending import ReceiverError, send_new

        engine = pooled_engine(database_url(context.instance))
        if not (context.cursor or "").isdecimal():
            context.update_cursor(str(newest(engine)))
            return dg.SkipReason("Runs are told from now on.")
        sent = send_new(get_settings(), engine, int(context.cursor or 0), statement)
        context.update_cursor(str(sent.up_to))
        left_out = f" {sent.refused} were refused, and are left out." if sent.refused else ""
        if sent.problem and not sent.events:
            raise ReceiverError(
                f"The receiver of TRIBUTARY_OPENLINEAGE takes no events ({sent.problem}): it is told once it does."
            )
        return dg.SkipReason(f"{sent.events} events were sent.{left_out} {sent.problem}".strip())

    yield open_lineage
