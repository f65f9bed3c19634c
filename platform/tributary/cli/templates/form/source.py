"""The source `example`: the log of what is entered into its form, and the table of it."""

from __future__ import annotations

from pathlib import Path

from tributary.sdk import Column, EntryLog, Field, ObjectTable, Source, Table, Unique

RAW = "raw.json_example_entries"
LOG = EntryLog("example", "example/raw/entries/")
RECORDS = ObjectTable(
    table=Table(
        schema="staged",
        name="example_records",
        description="What was entered.",
        grain="one row an entry",
        columns=(
            Field("record_id", "bigint", "Number of the entry.", path="entry_id", required=True),
            Field("recorded_at", "timestamp", "When it was entered, in UTC.", required=True),
            Field("entered_by", "text", "Who entered it.", ("pii",), required=True),
            Field("label", "text", "What it is about.", path="details.label", required=True),
            Field("amount", "decimal(12,2)", "How much; null where nothing was said.", path="details.amount"),
            Column("source_object", "text", "Key of the lake object that held it."),
        ),
        checks=(Unique(("record_id",)),),
    ),
    source="example",
    upstream=RAW,
    objects=LOG.objects(),
    code_version="1",
    defined_in=__file__,
)
SOURCE = Source(
    name="example",
    description="What example is.",
    tables=(RECORDS.table,),
    lineage={RECORDS.table.key: RECORDS.lineage},
    models=Path(__file__).with_name("models"),
    parts="tributary.cli.templates.form.parts:PARTS",
    services="tributary.cli.templates.form.services:SERVICES",
)
