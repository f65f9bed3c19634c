"""Launches the run of a request: the partition first, then the run, then the word that it was launched.

Each step may be repeated. Where one fails, or the process ends between two, the request stays queued, and `sensor`
looks whether it has a run, and launches one where it has none.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tributary.assets.reporting.declaration import Report
from tributary.assets.reporting.requests import Request
from tributary.assets.reporting.tags import REQUEST_TAG, job_of, partitions_name
from tributary.dagster_client import DagsterAway, DagsterClient, DagsterRefused

if TYPE_CHECKING:
    from tributary.assets.reporting.record import Requests

_LOG = logging.getLogger(__name__)

SPARE_SECONDS = 120
"""Beyond a report's own limit, which its statement keeps: for the start of the run, and for putting files."""


def run_tags(report: Report, request: Request) -> Mapping[str, str]:
    """The tags of the run of a request: a person waits for it, so that it goes before what nobody waits for."""
    return {
        REQUEST_TAG: request.id,
        "dagster/partition": request.key,
        "dagster/priority": "1" if request.origin != "schedule" else "0",
        "dagster/max_runtime": str(report.limits.seconds + SPARE_SECONDS),
    }


def launch(dagster: DagsterClient, requests: Requests, report: Report, request: Request) -> bool:
    """Launch a request's run by Dagster's server; whether it was. Where it was not, it stays queued."""
    try:
        dagster.add_partition(partitions_name(report.name), request.key)
        assets = (("reports", report.name), tuple(report.table.key.split(".")))
        run_id = dagster.launch(job_of(report.name), assets, run_tags(report, request))
    except (DagsterAway, DagsterRefused) as error:
        _LOG.warning("Request %s waits for the sensor: %s", request.id, error)
        return False
    requests.tell(request.id, "launched", run_id=run_id)
    return True
