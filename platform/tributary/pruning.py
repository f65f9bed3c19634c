"""Deletes from the lake what nothing needs any more, by age; what that is, its sources say.

What else is kept for a time, its owners delete: Dagster's records `instance.retention`, extracts of reports their
tables' assets, the audit log `identity.audit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from tributary.resources.lake import open_lake
from tributary.resources.lake.bundles import BundledLake
from tributary.resources.lake.model import Lake
from tributary.resources.lake.versions import Unneeded
from tributary.resources.settings import Settings
from tributary.resources.stream.naming import EVENTS
from tributary.resources.wording import count, size
from tributary.services import apart, load_services


@dataclass
class Deleted:
    """What was deleted."""

    objects: int = 0
    bytes: int = 0

    def __str__(self) -> str:
        return f"deleted {count(self.objects, 'object')} of {size(self.bytes)} in the lake"


def lake_of(settings: Settings, *, read_only: bool = False) -> Lake:
    """The lake as its sources read it."""
    region, endpoint, location = settings.aws_region, settings.aws_endpoint_url, settings.lake_location
    return BundledLake(open_lake(location, region=region, endpoint_url=endpoint, read_only=read_only), EVENTS)


def due(lake: Lake, days: int, now: datetime, tell: Callable[[str], None]) -> Iterator[Unneeded]:
    """What may go: unneeded for longer than so many days; 0 is without end.

    A source that cannot say what it needs keeps all that it has, and no other from saying so.
    """
    for source, services in load_services().items() if days else ():
        with apart(source, "What it needs of the lake", tell):
            yield from (one for one in services.unneeded(lake) if one.since < now - timedelta(days=days))


def delete(lake: Lake, objects: Iterable[Unneeded]) -> Deleted:
    """Delete these objects, one after the other; killed anywhere, the next pruning goes on.

    Raises:
        LakeError: the lake refuses.
    """
    deleted = Deleted()
    for one in objects:
        # A name that is the beginning of another's would take that with it.
        if [info.key for info in islice(lake.list(one.key), 2)] == [one.key]:
            deleted.objects += lake.delete_prefix(one.key)
            deleted.bytes += one.size
    return deleted
