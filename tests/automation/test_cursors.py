"""Whatever stands in a sensor's cursor, its tick ends well, says so, and leaves a cursor that it can read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tributary.assets.retail.files import COMMODITY_SECTIONS, path_of
from tributary.assets.retail.ingest import ingest
from tributary.definitions import defs
from tributary.resources.app_database import AppDatabase
from tributary.resources.lake import open_lake
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

SENSORS = {
    sensor.name: sensor
    for sensor in defs.sensors or ()
    if isinstance(sensor, dg.SensorDefinition) and not isinstance(sensor, dg.AutomationConditionSensorDefinition)
}
del SENSORS["report_requests"]  # it keeps no cursor
CURSORS = [
    "x", "[]", "null", "17", "{", '"text"', '{"newer": {"shape": 1}}', '{"position": "never"}', '{"position": 1e300}',
    '{"position": NaN, "asked": []}', '{"asked": null}', '{"a.csv": [1]}', '{"a.csv": "b"}', "\x00", "[" * 5000,
    '{"position": 1.0, "swept": 0.0, "asked": "", "attempts": 0, "asked_at": 9e12}',
]  # fmt: skip


@pytest.fixture
def resources(tmp_path: Path, warehouse: PostgresWarehouse, database_url: str) -> dict[str, Any]:
    (tmp_path / "retail").mkdir()
    (tmp_path / "drop").mkdir()
    lake = open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)
    ingest(lake, path_of(COMMODITY_SECTIONS, tmp_path / "retail"))  # the one file that is there from the beginning
    return {
        "lake": lake,
        "warehouse": warehouse,
        "app_database": AppDatabase(lambda: database_url),
        "retail_folder": tmp_path / "retail",
        "pledges_drop": open_lake(str(tmp_path / "drop"), region="us-east-1", endpoint_url=None, read_only=True),
    }


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def test_there_are_sensors_to_try() -> None:
    assert {"retail_files", "social_events", "sneaker_events"} <= SENSORS.keys()


@pytest.mark.parametrize("name", sorted(SENSORS))
def test_a_cursor_that_cannot_be_read_is_begun_anew_and_that_is_said(
    name: str, instance: dg.DagsterInstance, resources: dict[str, Any]
) -> None:
    repository = defs.get_repository_def()
    sensor = SENSORS[name]
    needed = {key: value for key, value in resources.items() if key in sensor.required_resource_keys}

    def tick(cursor: str | None) -> tuple[str, str | None]:
        with dg.build_sensor_context(
            instance=instance, cursor=cursor, resources=needed, repository_def=repository
        ) as context:
            told = sensor.evaluate_tick(context)
        assert not told.run_requests
        return told.skip_message or "", told.cursor

    plain, clean = tick(None)
    for cursor in CURSORS:
        said, left = tick(cursor)
        assert "could not be read and was begun anew" in said, cursor
        assert said.endswith(plain)
        # The next tick finds a cursor of its own.
        again, _ = tick(left)
        assert again == plain
    assert tick(clean)[0] == plain
