"""How the staged tables of the source `sneakers` are made: events object by object, and the app's state as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tributary.assets.factory.object_tables import ObjectTable
from tributary.assets.factory.objects import Objects, SourceObject, Span, as_listed
from tributary.assets.factory.reading import Content, NotWhole, read_lines
from tributary.assets.sneakers.arrivals import RAW, SNEAKER_EVENTS, SNEAKER_STATE, is_whole, span_of
from tributary.assets.sneakers.state import read_manifest
from tributary.assets.sneakers.tables import EVENTS, RECORD_OFFSET, STATE_TABLES
from tributary.resources.lake.model import Lake

_TABLES = str(Path(__file__).with_name("tables.py"))
_CHANGED = (
    *("name", "color", "material", "purchase_price", "collaborator", "currency", "size", "note", "photo"),
    *("sale_price", "recipient"),
)
_EVENT_FIELDS = {
    **{name: (f"details.{name}", f"details.changes.{name}") for name in (*_CHANGED, "manufacturer_id")},
    "brand": ("details.brand", "details.name", "details.changes.brand"),
    "target_event_id": ("details.target_event_id",),
    "changed_fields": ("details.changes",),
    "changed_event_date": ("details.changes.event_date", "details.changes.event_time"),
    "changed_event_time": ("details.changes.event_time",),
    "event_date": ("event_date", "event_time"),
    RECORD_OFFSET: (),
}


def _events(lake: Lake, _: Span | None) -> Iterator[SourceObject]:
    return (as_listed(one) for one in lake.list(RAW) if span_of(one.key) is not None)


def read_events(key: str, data: bytes) -> Content:
    """The events of a pulled object.

    Raises:
        NotWhole: it does not hold the events that its key tells.
    """
    from tributary.assets.sneakers.records import read_record

    if not is_whole(key, data):
        raise NotWhole("it does not go from the first to the last event of its name")
    return read_lines(data, lambda line, offset: [{**read_record(line), RECORD_OFFSET: offset}])


def _state(app_table: str) -> ObjectTable:
    """The table of the current snapshot of one of the app's state tables."""

    def snapshot(lake: Lake, _: Span | None) -> Iterator[SourceObject]:
        found = read_manifest(lake, app_table)
        if found is not None:
            yield SourceObject(found.key, found.key, found.sha256, found.size, found.sha256, found.rows)

    return ObjectTable(
        table=STATE_TABLES[app_table],
        source="sneakers",
        upstream=SNEAKER_STATE,
        objects=Objects(snapshot),
        code_version="3",
        defined_in=_TABLES,
        whole=True,
        rejects=False,
        fields={name: (f"{app_table}.{name}",) for name in STATE_TABLES[app_table].column_names},
        mend="To mend it, materialise raw.json_sneaker_state, which takes it anew.",
        follows=False,
    )


STAGED_EVENTS = ObjectTable(
    table=EVENTS,
    source="sneakers",
    upstream=SNEAKER_EVENTS,
    objects=Objects(_events),
    read=read_events,
    code_version="3",
    defined_in=_TABLES,
    fields=_EVENT_FIELDS,
    mend="`tributary materialize raw.json_sneaker_events --force` takes it again from the app.",
    follows=False,
)
STAGED_STATE = {name: _state(name) for name in STATE_TABLES}
"""By state table of the app, the table of its current snapshot."""
STAGED = (STAGED_EVENTS, *STAGED_STATE.values())
