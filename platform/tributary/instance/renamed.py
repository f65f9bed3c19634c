"""Carries what an instance knows of an asset to the name that it has now, so that nothing of it is made again.

Which assets had other names before, their sources say (`Source.formerly`). Their materialisations are stored under the
new key as they were: same moment, run, partition, metadata and data version. The former keys are wiped last. While one
is there something is left to carry over, so that this may be killed anywhere and begun again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from tributary.assets.factory.following import tags_of
from tributary.assets.factory.made import READ_EVENT, READ_VERSION
from tributary.instance.engine import one_at_a_time
from tributary.instance.pooled_storage import database_url

if TYPE_CHECKING:
    from tributary.resources.warehouse.warehouse import Warehouse

_BATCH = 1000
"""Events that are stored by one statement."""


def carry_over(instance: dg.DagsterInstance, formerly: Mapping[str, str], warehouse: Callable[[], Warehouse]) -> int:
    """Give the records of renamed assets, and their rejected records in the warehouse, the names of now.

    `formerly` has by each name of before the one of now, both as `layer.name`. Returns how many assets had records
    under a former name.

    Raises:
        WarehouseError: the quarantine cannot be reached; nothing is carried over then.
    """
    now = {dg.AssetKey(former.split(".")): dg.AssetKey(name.split(".")) for former, name in formerly.items()}
    if not instance.get_asset_records([*now]):
        return 0
    with one_at_a_time(database_url(instance)):
        found = sorted(record.asset_entry.asset_key for record in instance.get_asset_records([*now]))
        warehouse().rename_rejected({".".join(key.path): ".".join(now[key].path) for key in found})
        # By each former key its newest event, and the one that this is now.
        newest: dict[dg.AssetKey, tuple[int, int]] = {}
        for key in found:
            records = list(_materializations(instance, key))
            # The batch that was stored last may lack its tags, which are stored after it.
            stored = {_moment(record) for record in [*_materializations(instance, now[key])][:-_BATCH]}
            _store(instance, [_renamed(record, now, {}) for record in records if _moment(record) not in stored])
            for last in instance.fetch_materializations(now[key], limit=1).records if records else ():
                newest[key] = records[-1].storage_id, last.storage_id
        _tell_readers(instance, now, newest)
        instance.wipe_assets(found)
    return len(found)


def _tell_readers(
    instance: dg.DagsterInstance, now: Mapping[dg.AssetKey, dg.AssetKey], newest: Mapping[dg.AssetKey, tuple[int, int]]
) -> None:
    """Store what was last made of a former key anew, with the name of now of what it was made from.

    Which partitions of a partitioned asset are due is its source's to say: those are left as they are.
    """
    for record in instance.get_asset_records():
        last = record.asset_entry.last_materialization_record
        if last is None or last.partition_key is not None:
            continue
        if any(READ_VERSION + key.to_user_string() in tags_of(last) for key in newest):
            _store(instance, [_renamed(last, now, newest)])


def _materializations(instance: dg.DagsterInstance, key: dg.AssetKey) -> Iterator[dg.EventLogRecord]:
    """All of an asset, oldest first."""
    cursor, more = None, True
    while more:
        page = instance.fetch_materializations(key, limit=_BATCH, cursor=cursor, ascending=True)
        yield from page.records
        cursor, more = page.cursor, page.has_more


def _moment(record: dg.EventLogRecord) -> tuple[str, float, str | None]:
    return record.run_id, record.timestamp, record.partition_key


def _renamed(
    record: dg.EventLogRecord,
    now: Mapping[dg.AssetKey, dg.AssetKey],
    newest: Mapping[dg.AssetKey, tuple[int, int]],
) -> dg.EventLogEntry:
    """A materialisation as it was, of the names of now; of an input of which it read the newest event, that of now."""
    entry, made = record.event_log_entry, record.asset_materialization
    event = entry.dagster_event
    assert made is not None and event is not None  # noqa: PT018, S101 - it is a materialisation
    tags = dict(made.tags or {})
    for former, name in now.items():
        version = tags.pop(READ_VERSION + former.to_user_string(), None)
        pointer = tags.pop(READ_EVENT + former.to_user_string(), None)
        if version is not None:
            tags[READ_VERSION + name.to_user_string()] = version
            read, is_now = newest.get(former, (0, 0))
            if pointer == str(read):
                tags[READ_EVENT + name.to_user_string()] = str(is_now)
    key = now.get(made.asset_key, made.asset_key)
    told = made._replace(asset_key=key, tags=tags)
    data = event.step_materialization_data._replace(materialization=told)
    return entry._replace(dagster_event=event._replace(event_specific_data=data))


def _store(instance: dg.DagsterInstance, entries: Sequence[dg.EventLogEntry]) -> None:
    for first in range(0, len(entries), _BATCH):
        instance.event_log_storage.store_event_batch(entries[first : first + _BATCH])
