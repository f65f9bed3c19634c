"""What is put into the lake, that it can be repeated, and what counts as done."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.social.events.making import SOURCE, follow, identify, track

from tributary.assets.social.events.errors import EventPlaceError
from tributary.assets.social.events.places import place_of
from tributary.assets.social.events.receipts import is_done, read_receipts
from tributary.assets.social.events.transform import transform, transform_many
from tributary.assets.social.events.writing import write, write_many
from tributary.assets.social.tables import EVENTS
from tributary.resources.lake.errors import LakeError
from tributary.resources.lake.folder import FolderLake
from tributary.resources.lake.model import ObjectData, ObjectInfo

HOUR = "2026/03/01/07/"
NAME = SOURCE.rpartition("/")[2]
FOLLOWS_KEY = f"web-data/transformed/social_follows/{HOUR}{NAME}.parquet"
USERS_KEY = f"web-data/transformed/social_users/{HOUR}{NAME}.parquet"
RECEIPT_KEY = f"web-data/transformed/_receipts/{HOUR}{NAME}.json"


@pytest.fixture
def lake(tmp_path: Path) -> FolderLake:
    return FolderLake(tmp_path / "lake")


def keys(lake: FolderLake) -> list[str]:
    return [found.key for found in lake.list("web-data/transformed/")]


def run(lake: FolderLake, data: bytes) -> ObjectInfo:
    info = lake.put(SOURCE, data)
    for found, transformed in transform_many(lake, [info]):
        write(lake, found.key, found.etag, transformed)
    return info


def test_each_table_with_rows_is_one_parquet_object_and_the_receipt_names_them(lake: FolderLake) -> None:
    info = run(lake, follow(1) + follow(2) + identify({"username": "ann"}) + b"[]")
    assert keys(lake) == [RECEIPT_KEY, FOLLOWS_KEY, USERS_KEY]
    receipt = read_receipts(lake, [HOUR])[SOURCE]
    assert (receipt.source, receipt.etag, receipt.records, receipt.rejected) == (SOURCE, info.etag, 4, 1)
    assert {key: (entry.key, entry.rows) for key, entry in receipt.tables.items()} == {
        "staged.social_follows": (FOLLOWS_KEY, 2),
        "staged.social_users": (USERS_KEY, 1),
    }
    for entry in receipt.tables.values():
        found = lake.head(entry.key)
        assert found is not None
        assert (found.size, found.etag) == (entry.bytes, entry.etag)


@pytest.mark.parametrize("count", [3, 3_000])
def test_the_parquet_holds_the_rows_in_types_that_every_reader_knows(lake: FolderLake, count: int) -> None:
    data = b"".join(follow(n) for n in range(count))
    run(lake, data)
    file = pq.ParquetFile(io.BytesIO(lake.get(FOLLOWS_KEY)))
    physical = {"text": ("BYTE_ARRAY", "String"), "bigint": ("INT64", "None"), "timestamp": ("INT64", "Timestamp")}
    for at, column in enumerate(tuple(EVENTS.values())[1].columns):
        kind, logical = physical[column.type]
        stored = file.schema.column(at)
        assert (stored.name, stored.physical_type) == (column.name, kind)
        assert str(stored.logical_type).startswith(logical)
        if column.type == "timestamp":
            assert "isAdjustedToUTC=false, timeUnit=microseconds" in str(stored.logical_type)
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert file.read() == transform(SOURCE, data).tables["staged.social_follows"]


def test_again_gives_the_same_bytes_also_in_another_process(lake: FolderLake) -> None:
    data = follow(1) + track("Post Created", {"body": "é"}) + identify({"b": 1, "a": 2}) + follow(2, messageId=...)
    run(lake, data)
    first = {key: lake.get(key) for key in keys(lake) if key != RECEIPT_KEY}
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tributary.assets.social.events.transform import transform\n"
        "from tributary.assets.social.events.writing import write\n"
        "from tributary.resources.lake.folder import FolderLake\n"
        "lake, key = FolderLake(Path(sys.argv[1])), sys.argv[2]\n"
        "write(lake, key, 'e', transform(key, lake.get(key)))\n"
    )
    subprocess.run([sys.executable, "-c", script, str(lake.local_path("x").parent), SOURCE], check=True)
    assert {key: lake.get(key) for key in keys(lake) if key != RECEIPT_KEY} == first
    assert read_receipts(lake, [HOUR])[SOURCE].etag == "e"


def test_objects_of_tables_that_have_no_rows_any_more_are_removed(lake: FolderLake) -> None:
    neighbour = lake.put(f"web-data/transformed/social_users/{HOUR}{NAME}-2.parquet", b"of another object")
    run(lake, follow(1) + identify({}))
    run(lake, follow(1))
    assert keys(lake) == [RECEIPT_KEY, FOLLOWS_KEY, neighbour.key]
    run(lake, b"")
    assert keys(lake) == [RECEIPT_KEY, neighbour.key]
    assert read_receipts(lake, [HOUR])[SOURCE].tables == {}


def test_an_object_is_done_only_with_a_receipt_of_this_version_and_this_code(lake: FolderLake) -> None:
    info = run(lake, follow(1))
    receipt = read_receipts(lake, [HOUR])[SOURCE]
    assert is_done(receipt, info)
    assert not is_done(None, info)
    assert not is_done(receipt, lake.put(SOURCE, follow(2)))
    older = receipt.dumps().replace(receipt.code_version.encode(), b"older")
    lake.put(RECEIPT_KEY, older)
    assert not is_done(read_receipts(lake, [HOUR])[SOURCE], info)


def test_a_receipt_that_cannot_be_read_is_none(lake: FolderLake) -> None:
    for junk in (b"", b"{}", b"\xff", b'{"source":"\xff"}'):
        lake.put(RECEIPT_KEY, junk)
        assert read_receipts(lake, [HOUR]) == {}


def test_receipts_are_read_by_hour(lake: FolderLake) -> None:
    run(lake, follow(1))
    assert read_receipts(lake, ["2026/03/01/06/", "2026/03/01/08/"]) == {}
    assert list(read_receipts(lake, ["2026/03/01/06/", HOUR])) == [SOURCE]
    with pytest.raises(EventPlaceError, match="is no hour of arrival"):
        read_receipts(lake, ["2026/03/01/"])


def test_there_is_no_receipt_before_everything_is_there(lake: FolderLake, monkeypatch: pytest.MonkeyPatch) -> None:
    transformed = transform(SOURCE, follow(1) + identify({}) + track("x", {}))
    put = lake.put
    for allowed in range(4):
        done: list[Any] = []

        def failing(key: str, data: ObjectData, done: list[Any] = done, allowed: int = allowed) -> ObjectInfo:
            if len(done) == allowed:
                raise LakeError("The disk is full; make room.")
            done.append(key)
            return put(key, data)

        monkeypatch.setattr(lake, "put", failing)
        with pytest.raises(LakeError):
            write(lake, SOURCE, "e", transformed)
        assert read_receipts(lake, [HOUR]) == {}
    monkeypatch.setattr(lake, "put", put)
    write(lake, SOURCE, "e", transformed)
    assert read_receipts(lake, [HOUR])[SOURCE].records == 3


def test_many_objects_come_in_order_with_what_they_hold(lake: FolderLake) -> None:
    infos = [lake.put(f"web-data/raw/{HOUR}web-data-1-x-{n}", follow(n) * n) for n in range(5)]
    counts = [(info.key, transformed.records) for info, transformed in transform_many(lake, infos)]
    assert counts == [(info.key, n) for n, info in enumerate(infos)]


@pytest.mark.parametrize(
    "key",
    [
        "web-data/raw/x",
        "other/2026/03/01/07/a",
        "web-data/raw/2026/13/01/07/a",
        f"web-data/raw/{HOUR}a/b",
        f"web-data/raw/{HOUR}a.parquet",
    ],
)
def test_keys_that_are_no_place_are_refused(key: str) -> None:
    with pytest.raises(EventPlaceError, match="event object"):
        place_of(key)


def test_many_are_written_as_one_by_one_and_their_receipts_come_in_order(lake: FolderLake) -> None:
    infos = [lake.put(f"web-data/raw/{HOUR}web-data-1-x-{n:02}", follow(n) + b"[]" * n) for n in range(30)]
    written = list(write_many(lake, transform_many(lake, infos), threads=4))
    assert [(info, receipt.source, receipt.rejected) for info, receipt in written] == [
        (info, info.key, n) for n, info in enumerate(infos)
    ]
    receipts = read_receipts(lake, [HOUR])
    assert all(is_done(receipts[info.key], info) for info in infos)
    assert receipts == {receipt.source: receipt for _, receipt in written}
