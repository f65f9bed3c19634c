"""Extracts: what their CSV says, and that none is ever half readable."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.assets.reporting.extract import Extracts, Manifest, TooManyRows, Written, csv_of
from tributary.resources.lake.folder import FolderLake
from tributary.resources.lake.model import ObjectData, ObjectInfo

SCHEMA = pa.schema(
    [("n", pa.int64()), ("t", pa.string()), ("d", pa.decimal128(8, 2)), ("day", pa.date32()), ("yes", pa.bool_())]
)
FOLDER = Extracts.folder("bills", "k1", "r1")
NO_NUL = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=12)
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | NO_NUL | st.sampled_from(["=1+1", "-5", "@x", "\tx", "\r\n", '"', '","', "＝1", "ok"]),  # noqa: RUF001
        st.none() | st.decimals(-999999, 999999, places=2),
        st.none() | st.dates(date(1600, 1, 1)),
        st.none() | st.booleans(),
    ),
    max_size=20,
)


class Killed(BaseException):
    """The process ends here."""


def batch(rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [[] for _ in SCHEMA]
    return pa.RecordBatch.from_arrays(
        [pa.array(list(column), kind.type) for column, kind in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )


def manifest(written: Written, request: str = "r1") -> Manifest:
    return Manifest(
        "bills", "k1", request, "d1", "", "", written.rows, (("n", "bigint"),), {}, written.csv, written.parquet
    )


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_the_csv_says_what_the_rows_say_and_no_cell_is_a_formula(rows: list[tuple[Any, ...]]) -> None:
    text = csv_of(batch(rows), header=True).decode("utf-8")
    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert read[0] == SCHEMA.names
    assert len(read) == len(rows) + 1
    for cells, (n, t, d, day, yes) in zip(read[1:], rows, strict=True):
        assert cells[0] == ("" if n is None else str(n)), "numbers are untouched"
        assert cells[1].removeprefix("'") == (t or "").removeprefix("'")
        assert not cells[1].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        assert cells[1] == (t or "") or (t or "x")[0] in "=+-@\t\r\n＝＋－＠"  # noqa: RUF001
        assert (Decimal(cells[2]) if cells[2] else None) == d
        assert cells[3] == ("" if day is None else day.isoformat())
        assert cells[4] == ("" if yes is None else str(yes).lower())
    assert text.endswith("\r\n")


def test_a_null_and_an_empty_text_are_told_apart() -> None:
    text = csv_of(batch([(1, None, None, None, None), (2, "", None, None, None)]), header=False)
    assert text == b'1,,,,\r\n2,"",,,\r\n'


def test_parts_and_manifest_say_the_same(tmp_path: Path) -> None:
    extracts = Extracts(FolderLake(tmp_path))
    told: list[int] = []
    many = [batch([(n, f"={n}", None, None, True) for n in range(start, start + 40_000)]) for start in (0, 40_000)]
    written = extracts.write(FOLDER, "m", SCHEMA, many, 80_000, told.append)
    extracts.publish(manifest(written))
    found = extracts.manifest("bills", "k1", "r1")
    assert found.rows == 80_000
    assert told == [80_000]
    data = b"".join(extracts.open(found, found.csv))
    assert (len(data), hashlib.sha256(data).hexdigest()) == (found.csv.bytes, found.csv.sha256)
    assert data.count(b"\r\n") == 80_001
    assert data.startswith(b'n,t,d,day,yes\r\n0,"\'=0",')
    with extracts.parquet(found) as path:
        table = pq.read_table(path)
    assert table.schema.names == SCHEMA.names
    assert table.column("t")[7].as_py() == "=7", "in Parquet a text is as it is"
    assert table.column("n").to_pylist() == list(range(80_000))


def test_an_answer_without_rows_is_an_extract(tmp_path: Path) -> None:
    extracts = Extracts(FolderLake(tmp_path))
    extracts.publish(manifest(extracts.write(FOLDER, "m", SCHEMA, [], 10)))
    found = extracts.manifest("bills", "k1", "r1")
    assert found.rows == 0
    assert b"".join(extracts.open(found, found.csv)) == b"n,t,d,day,yes\r\n"
    with extracts.parquet(found) as path:
        assert pq.read_table(path).num_rows == 0


def test_more_rows_than_may_be_make_nothing(tmp_path: Path) -> None:
    extracts = Extracts(FolderLake(tmp_path))
    with pytest.raises(TooManyRows, match="more than 2 rows"):
        extracts.write(FOLDER, "m", SCHEMA, [batch([(n, "", None, None, None) for n in range(3)])], 2)
    assert list(extracts.lake.list("")) == []


@dataclass
class DyingLake(FolderLake):
    """A lake whose process ends when so many objects were put, before the next is."""

    folder: Path
    left: int
    puts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        FolderLake.__init__(self, self.folder)

    def put(self, key: str, data: ObjectData) -> ObjectInfo:
        if self.left == 0:
            raise Killed
        self.left -= 1
        return super().put(key, data)


def some() -> Iterator[pa.RecordBatch]:
    yield batch([(1, "a", None, None, None)])


@pytest.mark.parametrize("puts", [0, 1, 2])
def test_killed_at_any_object_there_is_no_extract_and_the_next_run_makes_it(tmp_path: Path, puts: int) -> None:
    dying = Extracts(DyingLake(tmp_path, puts))
    with pytest.raises(Killed):
        dying.publish(manifest(dying.write(FOLDER, "first", SCHEMA, some(), 10)))
    extracts = Extracts(FolderLake(tmp_path))
    assert extracts.find("bills", "k1", "r1") is None
    extracts.publish(manifest(extracts.write(FOLDER, "second", SCHEMA, some(), 10)))
    keys = [info.key.removeprefix(FOLDER) for info in extracts.lake.list("")]
    assert keys == ["manifest.json", "part-00000-second.csv", "part-00000-second.parquet"], "what was left is gone"


def test_killed_within_an_object_nothing_of_it_is_there(tmp_path: Path) -> None:
    def dies() -> Iterator[pa.RecordBatch]:
        yield from some()
        raise Killed

    extracts = Extracts(FolderLake(tmp_path))
    with pytest.raises(Killed):
        extracts.write(FOLDER, "m", SCHEMA, dies(), 10)
    assert list(extracts.lake.list("")) == []


def test_versions_are_found_by_what_lies_there_and_deleted_whole(tmp_path: Path) -> None:
    extracts = Extracts(FolderLake(tmp_path))
    for key, request in (("k1", "r1"), ("k1", "r2"), ("k2", "r3")):
        extracts.write(Extracts.folder("bills", key, request), "m", SCHEMA, some(), 10)
    extracts.write(Extracts.folder("others", "k1", "r9"), "m", SCHEMA, some(), 10)
    assert list(extracts.versions("bills")) == [("k1", "r1"), ("k1", "r2"), ("k2", "r3")]
    extracts.delete("bills", "k1", "r1")
    extracts.delete("bills", "k1", "r1")
    assert list(extracts.versions("bills")) == [("k1", "r2"), ("k2", "r3")]
    assert list(extracts.versions("others")) == [("k1", "r9")]
