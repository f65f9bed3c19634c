"""The source `example`: whom to ask, where its days lie in the lake, and the table of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import Field as Setting
from pydantic import SecretStr

from tributary.sdk import Column, DailyObjects, Field, ObjectTable, Source, SourceSettings, Table, Unique

RAW = "raw.json_example_records"
DAYS = DailyObjects("example/raw/records/", date(2026, 1, 1))


class ExampleSettings(SourceSettings, env_prefix="TRIBUTARY_EXAMPLE_"):
    """Whom to ask."""

    url: str | None = Setting(
        default=None, pattern="^https?://", description="Where the API answers; default: a stand-in."
    )
    token: SecretStr | None = Setting(default=None, description="Bearer token of the API.")
    port: int = Setting(default=8450, ge=1, le=65535, description="Port of the stand-in.")


RECORDS = ObjectTable(
    table=Table(
        schema="staged",
        name="example_records",
        description="Records as the API gives them.",
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
    objects=DAYS.by_day(),
    code_version="1",
    defined_in=__file__,
)
SOURCE = Source(
    name="example",
    description="What example is.",
    tables=(RECORDS.table,),
    lineage={RECORDS.table.key: RECORDS.lineage},
    settings=ExampleSettings,
    every_partition=True,
    models=Path(__file__).with_name("models"),
    parts="tributary.cli.templates.api.parts:PARTS",
    services="tributary.cli.templates.api.standin:SERVICES",
)
