"""The source `example`: what a file looks like, where files are dropped, and the table of them."""

from __future__ import annotations

from pathlib import Path

from tributary.sdk import (
    Column,
    DroppedFiles,
    FileColumn,
    FileContract,
    NotNull,
    ObjectTable,
    Source,
    Table,
)

DROP = "example/drop/"
"""The folder of the lake into which files are dropped."""

RAW = "raw.csv_example_records"
CONTRACT = FileContract(
    columns=(
        FileColumn("id", "record_id", "text", "The record."),
        FileColumn("at", "recorded_at", "timestamp", "When, in UTC."),
        FileColumn("label", "label", "text", "What it is about; null where nothing is said.", required=False),
        FileColumn("amount", "amount", "decimal(12,2)", "How much; null where nothing is said.", required=False),
    )
)
FILES = DroppedFiles("example/raw/", CONTRACT)
RECORDS = ObjectTable(
    table=Table(
        schema="staged",
        name="example_records",
        description="Records as the files tell them.",
        grain="one row a line",
        columns=(
            *(Column(column.name, column.type, column.description) for column in CONTRACT.columns),
            Column("source_object", "text", "File whose latest version says so."),
            Column("source_line", "bigint", "Line of that file; the header is line 1."),
        ),
        checks=(NotNull(("record_id", "recorded_at", "source_object", "source_line")),),
    ),
    source="example",
    upstream=RAW,
    objects=FILES.objects(),
    read=FILES.read,
    code_version="1",
    defined_in=__file__,
    kinds=("csv",),
    fields={**{column.name: (column.source,) for column in CONTRACT.columns}, "source_line": ()},
)
SOURCE = Source(
    name="example",
    description="What example is.",
    tables=(RECORDS.table,),
    lineage={RECORDS.table.key: RECORDS.lineage},
    models=Path(__file__).with_name("models"),
    parts="tributary.cli.templates.csv.parts:PARTS",
    services="tributary.cli.templates.csv.standin:SERVICES",
)
