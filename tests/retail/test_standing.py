"""Which of the files and staged tables would come out as they are, told without a run."""

from __future__ import annotations

import os
from pathlib import Path

from tributary.assets.factory.object_loading import load, stands
from tributary.assets.retail.files import CAMPAIGNS
from tributary.assets.retail.ingest import ingest, ingested
from tributary.assets.retail.staged_assets import staged
from tributary.resources.lake import open_lake
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

HOUR = 3_600_000_000_000
HEADER = "DESCRIPTION,CAMPAIGN,START_DAY,END_DAY\n"


def write(path: Path, text: str, hours: int) -> None:
    path.write_text(HEADER + text)
    os.utime(path, ns=(HOUR * hours, HOUR * hours))


def test_a_file_and_its_table_stand_until_either_is_another(warehouse: PostgresWarehouse, tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)
    path, declared = tmp_path / CAMPAIGNS.file, staged(CAMPAIGNS)
    write(path, "TypeA,26,224,264\n", 1)
    assert ingested(lake, path) is None
    manifest, _ = ingest(lake, path)
    assert ingested(lake, path) == manifest
    assert not stands(declared, warehouse, lake)
    load(declared, warehouse, lake)
    assert stands(declared, warehouse, lake)

    write(path, "TypeA,26,224,265\n", 2)
    assert ingested(lake, path) is None
    ingest(lake, path)
    assert not stands(declared, warehouse, lake)


def test_a_table_whose_file_had_rejected_lines_is_told_of_again(warehouse: PostgresWarehouse, tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)
    path, declared = tmp_path / CAMPAIGNS.file, staged(CAMPAIGNS)
    write(path, "TypeA,26,224,264\nTypeB,x,224,264\n", 1)
    ingest(lake, path)
    load(declared, warehouse, lake)
    assert not stands(declared, warehouse, lake)
