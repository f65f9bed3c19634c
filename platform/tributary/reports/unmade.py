"""Requests of reports as commands see them that run in this process: which wait, and what run makes each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

import dagster as dg

from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.reporting.declaration import Report
from tributary.assets.reporting.extract import Extracts
from tributary.assets.reporting.requests import OpenRequests, Request
from tributary.assets.reporting.tags import asset_of, partitions_name
from tributary.reports.launching import run_tags
from tributary.reports.sensor import settle, verdicts
from tributary.resources.lake.model import Lake


class RequestRun(NamedTuple):
    """The run that makes a request: its assets, the key of its partition, and its tags."""

    request: Request
    keys: tuple[dg.AssetKey, ...]
    key: str
    tags: Mapping[str, str]


def waiting_runs(
    instance: dg.DagsterInstance, reports: Mapping[str, Report], resources: Mapping[str, object]
) -> Sequence[RequestRun]:
    """The runs of the requests that are queued without one, the oldest first; nothing is written.

    Raises:
        TributaryError: the record or the lake does not answer.
    """
    requests, lake = cast("OpenRequests", resources["requests"]), cast("Lake", resources["lake"])
    waiting = [one.request for one in verdicts(instance, requests(), Extracts(lake)) if one.does == "launch"]
    return [_run_of(reports[one.report], one) for one in waiting if one.report in reports]


def settle_all(instance: dg.DagsterInstance, resources: Mapping[str, object]) -> None:
    """Tell the record of requests whose run ended without a word.

    Raises:
        TributaryError: the record or the lake does not answer.
    """
    requests, lake = cast("OpenRequests", resources["requests"]), cast("Lake", resources["lake"])
    settle(instance, requests(), Extracts(lake))


def run_of(instance: dg.DagsterInstance, report: Report, request: Request) -> RequestRun:
    """The run of a request, whose partition is added where it is missing."""
    instance.add_dynamic_partitions(partitions_name(report.name), [request.key])
    return _run_of(report, request)


def _run_of(report: Report, request: Request) -> RequestRun:
    keys = (asset_key(asset_of(report.name)), asset_key(report.table.key))
    return RequestRun(request, keys, request.key, run_tags(report, request))
