"""What the checks of the social assets tell: of rejected records, unread objects, and counts that differ."""

from __future__ import annotations

import dagster as dg
import pytest
from tests.social.test_social_runs import NOW, World, post, world  # noqa: F401 - the fixture

from tributary.assets.automation.partitions import Partitions
from tributary.assets.social.partitions import key_of
from tributary.assets.social.parts import PARTS
from tributary.execution import Run

KEYS = sorted(key for asset in PARTS.assets for key in asset.keys)


def outcome(world: World, table: str, check: str) -> dg.AssetCheckEvaluation:  # noqa: F811
    key = dg.AssetCheckKey(dg.AssetKey(table.split(".")), check)
    record = world.instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    assert record.event is not None
    found = record.event.asset_check_evaluation
    assert found is not None
    return found


def test_rejected_records_and_objects_that_nothing_reads_are_warnings(world: World) -> None:  # noqa: F811
    world.deliver(NOW, "a", post(1), {**post(4), "type": "unknown"})
    world.deliver(NOW, "b.parquet", post(2))
    world.run(KEYS, Partitions(key_of(NOW)))
    rejects = outcome(world, "transformed.parquet_social_events", "no_rejects")
    unread = outcome(world, "raw.json_social_events", "objects_are_read")
    for found in (rejects, unread):
        assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert rejects.metadata["rejected"].value == 1
    assert "b.parquet" in str(unread.metadata["for example"].value)
    assert outcome(world, "transformed.parquet_social_events", "records_reconcile").passed
    assert world.messages("social_posts") == ["m1"]


def test_records_that_are_neither_rows_nor_in_quarantine_keep_the_hour_from_being_loaded(
    world: World,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.deliver(NOW, "a", post(1), {**post(4), "type": "unknown"})
    with monkeypatch.context() as lossy:
        lossy.setattr(world.warehouse, "reject", lambda *_: None)
        list(Run(world.defs, world.instance, KEYS, Partitions(key_of(NOW)), None).events())
    assert not outcome(world, "transformed.parquet_social_events", "records_reconcile").passed
    assert world.warehouse.rows("SELECT 1 FROM information_schema.tables WHERE table_schema = 'staged'") == []


def test_a_quarantine_that_lost_records_is_filled_again(world: World) -> None:  # noqa: F811
    world.deliver(NOW, "a", post(1), {**post(4), "type": "unknown"})
    world.run(KEYS, Partitions(key_of(NOW)))
    (source,) = (found.source for found in world.warehouse.rejected())
    world.warehouse.reject("raw.json_social_events", {source: []})
    world.run(KEYS, Partitions(key_of(NOW)))
    assert outcome(world, "transformed.parquet_social_events", "records_reconcile").passed
    assert world.rejected == 1
