"""Extracts of reports in a lake of either kind: made, read, found damaged, and deleted."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tributary.assets.reporting.extract import ExtractError, Extracts, Manifest
from tributary.resources.lake import Lake

ROWS = 150_000
SCHEMA = pa.schema([("n", pa.int64()), ("t", pa.string())])
FOLDER = Extracts.folder("bills", "k1", "r1")


def batches(dies: bool = False) -> Iterator[pa.RecordBatch]:
    for start in range(0, ROWS, 10_000):
        yield pa.RecordBatch.from_pydict(
            {"n": range(start, start + 10_000), "t": [f"row {n}" for n in range(start, start + 10_000)]}, SCHEMA
        )
        if dies:
            raise KeyboardInterrupt


@pytest.fixture
def made(lake: Lake) -> Manifest:
    extracts = Extracts(lake)
    with pytest.raises(KeyboardInterrupt):
        extracts.write(FOLDER, "killed", SCHEMA, batches(dies=True), ROWS)
    assert extracts.find("bills", "k1", "r1") is None
    written = extracts.write(FOLDER, "made", SCHEMA, batches(), ROWS)
    columns = (("n", "bigint"), ("t", "text"))
    extracts.publish(
        Manifest("bills", "k1", "r1", "d", "", "", written.rows, columns, {}, written.csv, written.parquet)
    )
    return extracts.manifest("bills", "k1", "r1")


def test_what_is_read_is_what_was_made(lake: Lake, made: Manifest) -> None:
    extracts = Extracts(lake)
    data = b"".join(extracts.open(made, made.csv))
    assert (made.rows, data.count(b"\r\n"), len(data)) == (ROWS, ROWS + 1, made.csv.bytes)
    with extracts.parquet(made) as path, pq.ParquetFile(path) as file:
        assert file.read().column("n").to_pylist() == list(range(ROWS))
        assert file.metadata.num_row_groups == 3
    assert list(extracts.versions("bills")) == [("k1", "r1")]
    assert [info.key.rpartition("/")[2] for info in lake.list("reports/")] == [
        "manifest.json",
        "part-00000-made.csv",
        "part-00000-made.parquet",
    ]


def test_what_is_not_what_was_put_there_is_not_believed(lake: Lake, made: Manifest) -> None:
    extracts = Extracts(lake)
    data = b"".join(extracts.open(made, made.csv))
    lake.put(f"{FOLDER}{made.csv.name}", data.replace(b"row 7,", b"row 8,").replace(b'"row 7"', b'"row 8"'))
    lake.put(f"{FOLDER}{made.parquet.name}", b"PAR1")
    with pytest.raises(ExtractError, match="Ask again"):
        list(extracts.open(made, made.csv))
    with pytest.raises(ExtractError, match=r"[Aa]sk again"), extracts.parquet(made):
        pass
    lake.put(f"{FOLDER}manifest.json", b"{}")
    with pytest.raises(ExtractError, match="is no manifest"):
        extracts.manifest("bills", "k1", "r1")


def test_a_version_is_deleted_manifest_first(lake: Lake, made: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    real, deleted = lake.delete_prefix, list[str]()

    def delete(prefix: str) -> int:
        deleted.append(prefix)
        return real(prefix)

    monkeypatch.setattr(lake, "delete_prefix", delete)
    extracts = Extracts(lake)
    extracts.delete("bills", "k1", "r1")
    assert deleted == [f"{FOLDER}manifest.json", FOLDER]
    assert list(lake.list("reports/")) == []
    with pytest.raises(ExtractError, match="not in the lake any more"):
        extracts.manifest("bills", "k1", made.request)
