"""The source `example`: where its objects arrive in the lake by day, and the table of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tributary.sdk import ArrivingObjects, Column, Field, ObjectTable, Source, Table, Unique

RAW = "raw.json_example_records"
ARRIVING = ArrivingObjects("example/raw/records/", date(2026, 1, 1))
"""JSON lines, as `example/raw/records/2026/01/31.jsonl`; days before the first do not count."""

RECORDS = ObjectTable(
    table=Table(
        schema="staged",
        name="example_records",
        description="Records as they arrived.",
        grain="one row a record",
        columns=(
            Field("record_id", "text", "The record.", path="id", required=True),
            Field("recorded_at", "timestamp", "When, in UTC.", path="at", required=True),
            Field("label", "text", "What it is about; null where nothing is said.", path="about.label"),
            Field("amount", "decimal(12,2)", "How much; null where nothing is said."),
            Column("source_object", "text", "Key of the lake object that held it."),
        ),
        checks=(Unique(("record_id",)),),
    ),
    source="example",
    upstream=RAW,
    objects=ARRIVING.objects(),
    code_version="1",
    defined_in=__file__,
)
SOURCE = Source(
    name="example",
    description="What example is.",
    tables=(RECORDS.table,),
    lineage={RECORDS.table.key: RECORDS.lineage},
    models=Path(__file__).with_name("models"),
    parts="tributary.cli.templates.json_objects.parts:PARTS",
    services="tributary.cli.templates.json_objects.standin:SERVICES",
)
