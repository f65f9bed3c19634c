"""Where the staged columns of the sneakers domain come from in the form app's records, for people and for lineage."""

from __future__ import annotations

from tributary.assets.factory.lineage import Lineage, Source
from tributary.assets.sneakers.raw_assets import SNEAKER_EVENTS, SNEAKER_STATE
from tributary.assets.sneakers.tables import EVENTS, RECORD_OFFSET, SOURCE_OBJECT, STATE_TABLES
from tributary.resources.warehouse.table import Table

_DETAILS: dict[str, tuple[str, ...]] = {
    "manufacturer_id": ("details.manufacturer_id", "details.changes.manufacturer_id"),
    "name": ("details.name", "details.changes.name"),
    "color": ("details.color", "details.changes.color"),
    "material": ("details.material", "details.changes.material"),
    "purchase_price": ("details.purchase_price", "details.changes.purchase_price"),
    "brand": ("details.brand", "details.name", "details.changes.brand"),
    "collaborator": ("details.collaborator", "details.changes.collaborator"),
    "sale_price": ("details.sale_price", "details.changes.sale_price"),
    "recipient": ("details.recipient", "details.changes.recipient"),
    "target_event_id": ("details.target_event_id",),
    "changed_fields": ("details.changes",),
    "changed_event_date": ("details.changes.event_date", "details.changes.event_time"),
    "changed_event_time": ("details.changes.event_time",),
    "event_date": ("event_date", "event_time"),
    SOURCE_OBJECT: (),
    RECORD_OFFSET: (),
}


def _of_events() -> Lineage:
    return {
        name: tuple(Source(SNEAKER_EVENTS, field) for field in _DETAILS.get(name, (name,)))
        for name in EVENTS.column_names
    }


def _of_state(app_table: str, table: Table) -> Lineage:
    return {name: (Source(SNEAKER_STATE, f"{app_table}.{name}"),) for name in table.column_names}


LINEAGE: dict[str, Lineage] = {
    EVENTS.key: _of_events(),
    **{table.key: _of_state(name, table) for name, table in STATE_TABLES.items()},
}
