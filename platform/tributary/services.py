"""What the sources that are on have beside Dagster, loaded once a process."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from tributary.assets.services import Services
from tributary.assets.sources import SourceError, get_sources, load_object

_log = logging.getLogger(__name__)


class Found(NamedTuple):
    """The services by source, and of each source whose services cannot be loaded the sentence that says why."""

    services: Mapping[str, Services]
    broken: Mapping[str, str]


@lru_cache(maxsize=1)
def find_services() -> Found:
    """The services of all sources that are on; one that cannot be loaded stops no other."""
    services: dict[str, Services] = {}
    broken: dict[str, str] = {}
    for source in get_sources():
        try:
            if source.services:
                services[source.name] = load_object(Services, source.services, f"What {source.name} has beside Dagster")
        except SourceError as error:
            broken[source.name] = str(error)
            _log.warning("%s", error)
    return Found(services, broken)


def load_services() -> Mapping[str, Services]:
    """The services by source, of those that can be loaded."""
    return find_services().services
