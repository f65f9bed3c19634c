"""A warehouse with one table, a report on it, and what makes its requests: real Postgres, lake and Dagster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from tributary.assets.factory.flow import ModelLineage
from tributary.assets.factory.model_reading import load_models
from tributary.assets.reporting.answers import read_answers
from tributary.assets.reporting.declaration import Report, reports_of
from tributary.assets.reporting.extract import Extracts, Manifest
from tributary.assets.reporting.extract_asset import extract_asset
from tributary.assets.reporting.record import Requests
from tributary.assets.reporting.requests import OpenRequests, Question, Request
from tributary.assets.reporting.staged_asset import staged_asset
from tributary.assets.reporting.tags import REQUEST_TAG, partitions_name
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse

BILLS = Table(
    "core",
    "bills",
    (
        Column("bill", "integer", "Number of the bill."),
        Column("code", "text", "Ornament code."),
        Column("weight_g", "decimal(8,2)", "Gross weight in grams."),
        Column("pledged_on", "date", "Day of the pledge."),
    ),
)

HEADER = """/*
title: Bills by code
description: Bills of a code, by their weight.
grain: one row a bill
parameters:
  code: {type: text, label: "Code"}
  weight_from: {type: "decimal(8,2)", label: "From", min: 0, default: 0}
columns:
  bill: {type: integer, description: "Number of the bill."}
  code: {type: text, description: "Ornament code."}
  weight_g: {type: "decimal(8,2)", description: "Gross weight in grams."}
  pledged_on: {type: date, description: "Day of the pledge."}
checks:
  - unique: [bill]
  - expression: "weight_g < 5000"
    name: weight_is_that_of_an_ornament
chart: {title: "Bills by day", x: pledged_on, y: "count(*)"}
limits: {seconds: 60, rows: 200000}
*/
"""
BODY = """select bill, code, weight_g, pledged_on
from core.bills
where code = :code and weight_g >= :weight_from
"""


def report_in(folder: Path, text: str = HEADER + BODY) -> Report:
    """The report `bills` of a file in a folder."""
    place = folder / "sql" / "shop" / "reports" / "bills.sql"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    return reports_of(load_models(folder / "sql", [BILLS]), {})["bills"]


@dataclass
class Bench:
    """What makes requests, and what they make."""

    report: Report
    warehouse: Warehouse
    lake: Lake
    instance: dg.DagsterInstance
    opened: OpenRequests

    @property
    def requests(self) -> Requests:
        return self.opened()

    @property
    def extracts(self) -> Extracts:
        return Extracts(self.lake)

    def fill(self, select: str) -> None:
        """Make the bills those of a SELECT of bill, code, weight_g and pledged_on."""
        self.warehouse.replace(BILLS, Select(select))

    def ask(self, who: str = "ada", notify: str = "", **raw: Any) -> Request:
        answers = read_answers(self.report, {"code": "b1", **raw})
        question = Question(who, self.report.name, self.report.digest, answers.json, answers.key, "cli", notify)
        return self.requests.add(question)

    def make(self, request: Request | None, *, key: str = "", **tags: str) -> dg.ExecuteInProcessResult:
        """Run what makes a request, as its run would; or, without one, a partition as Dagster's UI would."""
        key = key or (request.key if request else "")
        self.instance.add_dynamic_partitions(partitions_name(self.report.name), [key])
        named = {REQUEST_TAG: request.id} if request else {}
        return self.run(self.assets(), partition_key=key, tags={**named, **tags})

    def stage(self, **tags: str) -> dg.ExecuteInProcessResult:
        """Make the report's table alone."""
        return self.run(self.assets()[1:], tags=tags)

    def assets(self) -> list[dg.AssetsDefinition]:
        lineage = ModelLineage({BILLS.key: BILLS})
        return [extract_asset(self.report), staged_asset(self.report, lineage)]

    def run(self, assets: list[dg.AssetsDefinition], **options: Any) -> dg.ExecuteInProcessResult:
        resources = {"warehouse": self.warehouse, "lake": self.lake, "requests": self.opened}
        return dg.materialize(assets, instance=self.instance, resources=resources, raise_on_error=False, **options)

    def now(self, request: Request) -> Request:
        return self.requests.find(request.id)

    def manifest(self, request: Request) -> Manifest:
        return self.extracts.manifest(request.report, request.key, request.id)

    def csv(self, request: Request) -> str:
        manifest = self.manifest(request)
        return b"".join(self.extracts.open(manifest, manifest.csv)).decode()

    def staged(self) -> list[dict[str, Any]]:
        return self.warehouse.rows(f"SELECT * FROM {self.report.table.sql_name} ORDER BY request_key, bill")
