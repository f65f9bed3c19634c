"""What of the source `social` stands beside Dagster: its sample, and the events that go on live."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import typer

from tributary.assets.services import Process, Sampled, SampleWanted, Services, Told
from tributary.assets.social.settings import SocialSettings
from tributary.resources.lake.model import Lake
from tributary.resources.lake.versions import Unneeded
from tributary.resources.settings import Settings, own_settings

_BEFORE = 1_500
"""Events of the past two days that are sent first, where no sample was put into the lake."""


def _is_wanted(settings: Settings) -> bool:
    return settings.samples and own_settings(SocialSettings).sample


def _sample(settings: Settings, _wanted: SampleWanted, told: Told) -> Sampled | None:
    # Kinesis has Firehose fill the lake: what the network tells goes through the collector, and no other way.
    if not _is_wanted(settings) or settings.stream_engine == "kinesis":
        return None
    from tributary.assets.social.standin import make_social_sample, social_sample_is_made
    from tributary.resources.lake import open_lake

    lake = open_lake(settings.lake_location, region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    if social_sample_is_made(lake):
        return Sampled(False, "Social sample is complete.")
    # The hour under way is left to the live events.
    until = datetime.now(tz=UTC).replace(minute=0, second=0, microsecond=0)
    report = make_social_sample(lake, until=until, progress=told)
    return Sampled(
        True,
        f"Made a social sample of {report.days} days: {report.records:,} events in {report.objects:,} "
        f"objects in {report.seconds:.1f} s.",
    )


def _processes(settings: Settings) -> list[Process]:
    """The live events of the sample network, where it is wanted."""
    if not _is_wanted(settings):
        return []
    module, arguments = (
        "tributary.assets.social.standin.sending",
        (
            *("--url", settings.address if settings.tls_certificate else settings.web_url),
            *(("--before", str(_BEFORE)) if settings.stream_engine == "kinesis" else ()),
        ),
    )
    return [Process("social-simulator", module, arguments, feeds=True)]


def erase_user(
    user_id: Annotated[
        str, typer.Argument(help="Id of the user; without one, all who are erased are taken out of newer objects.")
    ] = "",
) -> int:
    """Erase a user of the social network: no record of theirs is read any more, and none stays in the raw objects."""
    from tributary.assets.social.erasing import erase

    return erase(user_id)


def _unneeded(lake: Lake) -> Iterable[Unneeded]:
    from tributary.assets.social.events.receipts import receipts_of_nothing

    return receipts_of_nothing(lake)


SERVICES = Services(processes=_processes, sample=_sample, unneeded=_unneeded, commands={"erase-user": erase_user})
