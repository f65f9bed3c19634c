"""The schedule that pulls each morning's newest days. Which days these are is decided in `assets.meetup.due`."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import dagster as dg

from tributary.assets.automation.asking import assets_of, being_made
from tributary.assets.automation.partitions import Partitions
from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.meetup.api.opening import Meetup
from tributary.assets.meetup.arrivals import MEETUP_EVENTS
from tributary.assets.meetup.due import morning_days
from tributary.assets.meetup.partitions import key_of, last_day
from tributary.assets.meetup.pull import pulled_days
from tributary.assets.meetup.settings import MeetupSettings
from tributary.assets.meetup.tables import EVENTS
from tributary.resources.lake.model import Lake
from tributary.resources.settings import own_settings

GROUP = "meetup"


@dg.schedule(
    name="meetup_days",
    cron_schedule="0 6 * * *",
    execution_timezone=own_settings(MeetupSettings).timezone,
    job_name=GROUP,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Each morning pulls the groups, yesterday's events, and once more those of the days before it, whose "
    "counts of guests still change; and makes what hangs on them in the same run.",
)
def meetup_days(
    context: dg.ScheduleEvaluationContext, lake: dg.ResourceParam[Lake], meetup: dg.ResourceParam[Meetup]
) -> dg.RunRequest | dg.SkipReason:
    """One run of the whole source over the last days, or the reason why there is none."""
    if meetup.absence is not None:
        return dg.SkipReason(meetup.absence)
    if asset_key(MEETUP_EVENTS) in being_made(context.instance):
        return dg.SkipReason("Events are being pulled by a run already.")
    morning = context.scheduled_execution_time.astimezone(ZoneInfo(own_settings(MeetupSettings).timezone))
    pulled = set(pulled_days(lake))
    staged = context.instance.get_materialized_partitions(asset_key(EVENTS.key))
    unstaged = [day for day in pulled if key_of(day) not in staged]
    days = morning_days(pulled, morning.date(), last_day(datetime.now(tz=UTC)), unstaged)
    if days is None:
        return dg.SkipReason("No day is over yet.")
    return dg.RunRequest(
        asset_selection=assets_of(context, GROUP), tags=Partitions(None, key_of(days[0]), key_of(days[1])).tags()
    )
