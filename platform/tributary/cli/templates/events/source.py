"""The source `example`: which of the collector's events are its own, and the table of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tributary.sdk import (
    EVENTS,
    ArrivingObjects,
    Column,
    Deduplication,
    Field,
    ObjectTable,
    Source,
    Table,
    Unique,
    events_named,
    read_events,
)

RAW = "raw.json_example_events"
EVENT = "Example Recorded"
"""The name under which the event is sent: `track("Example Recorded", {label: "first", amount: 12.5})`."""

ARRIVING = ArrivingObjects(EVENTS, date(2026, 1, 1), every="hour")
"""What the collector took in and the stream delivered, by the hour of its arrival."""

COLUMNS = (
    Field("record_id", "text", "Id of the message.", path="messageId", required=True),
    Field("recorded_at", "timestamp", "When it happened, in UTC.", path="timestamp", required=True),
    Field("user_id", "text", "Who did it; null while anonymous.", path="userId"),
    Field("label", "text", "What it is about; null where nothing is said.", path="properties.label"),
    Field("amount", "decimal(12,2)", "How much; null where nothing is said.", path="properties.amount"),
    Column("source_object", "text", "Key of the lake object that delivered it."),
    Column("record_offset", "bigint", "Byte at which it begins in that object."),
)
RECORDS = ObjectTable(
    table=Table(
        schema="staged",
        name="example_records",
        description="Events as they were sent; of one that is delivered twice the first counts.",
        grain="one row an event",
        columns=COLUMNS,
        checks=(Unique(("record_id",)),),
        deduplicate=Deduplication(key=("record_id",), order=("source_object", "record_offset")),
    ),
    source="example",
    upstream=RAW,
    objects=ARRIVING.objects(),
    read=read_events(COLUMNS, events_named(EVENT)),
    code_version="1",
    defined_in=__file__,
    fields={"record_offset": ()},
)
SOURCE = Source(
    name="example",
    description="What example is.",
    tables=(RECORDS.table,),
    lineage={RECORDS.table.key: RECORDS.lineage},
    models=Path(__file__).with_name("models"),
    parts="tributary.cli.templates.events.parts:PARTS",
    services="tributary.cli.templates.events.standin:SERVICES",
)
