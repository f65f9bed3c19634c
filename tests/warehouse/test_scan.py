"""The scanner against a naive reading of the same bytes: nothing lost, nothing wrong let through."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.warehouse.delimited import scan
from resources.warehouse.delimited.contract import FileColumn, FileContract, SourceFileError
from resources.warehouse.delimited.scan import Reject, Scanner

CONTRACT = FileContract(
    columns=(
        FileColumn("ID", "id", "integer", "Id."),
        FileColumn("NAME", "name", "text", "Name.", required=False),
        FileColumn("PRICE", "price", "decimal(8,2)", "Price."),
    )
)
HEADER = b"ID,NAME,PRICE\n"


def read(data: bytes, size: int = 7) -> tuple[dict[int, bytes], list[Reject], Scanner]:
    scanner = Scanner(CONTRACT, "prices.csv", [data[i : i + size] for i in range(0, len(data), size)])
    good: dict[int, bytes] = {}
    rejects: list[Reject] = []
    for block in scanner.blocks():
        lines = block.data.split(b"\n")[:-1]
        assert len(lines) == len(block.numbers)
        good.update(zip(block.numbers, lines, strict=True))
        rejects += block.rejects
    return good, rejects, scanner


def test_good_lines_pass_with_their_numbers() -> None:
    good, rejects, scanner = read(HEADER + b"1,apple,0.50\n2,pear,1\n")
    assert good == {2: b"1,apple,0.50", 3: b"2,pear,1"}
    assert rejects == []
    assert scanner.lines == 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1,apple", "expected 3 fields, found 2"),
        (b"1,apple,0.5,x", "expected 3 fields, found 4"),
        (b"", "empty line"),
        (b'1,"apple,0.5', "a quote is not closed"),
        (b"1,\xe9clair,0.5", "not UTF-8: byte 0xe9 at position 3"),
        (b"1,a\0b,0.5", "holds a NUL byte"),
        (b"1,a\rb,0.5", "holds a bare carriage return"),
        (b"1,apple,0.505", "PRICE is 0.505, which has more than 2 decimals"),
        (b"1,apple,5.5e-1", None),
        (b"1,apple,1e-3", "PRICE is 1e-3, which has more than 2 decimals"),
        (b"1,apple,4.440892e-16", None),
        (b"1,apple,1.2300000001", None),
        (b'1,"a, b",0.5', None),
        (b'1,"a ""quoted"" b",0.5', None),
        ("1,éclair,0.5".encode(), None),
    ],
)
def test_each_fault_costs_only_its_own_line(line: bytes, reason: str | None) -> None:
    good, rejects, scanner = read(HEADER + b"7,before,1\n" + line + b"\n8,after,1\n")
    assert good[2] == b"7,before,1"
    assert good[4] == b"8,after,1"
    if reason is None:
        assert good[3] == line
        assert rejects == []
    else:
        assert 3 not in good
        assert [(reject.line, reject.raw) for reject in rejects] == [(3, line)]
        assert reason in rejects[0].reason
    assert scanner.lines == len(good) + len(rejects) == 3


def test_bom_crlf_reordered_columns_and_a_missing_last_newline_are_handled() -> None:
    scanner = Scanner(CONTRACT, "prices.csv", [codecs.BOM_UTF8 + b"price,ID,Name\r\n0.5,1,apple\r\n0.7,2,pear"])
    assert scanner.header == ("price", "id", "name")
    blocks = list(scanner.blocks())
    assert b"".join(block.data for block in blocks) == b"0.5,1,apple\n0.7,2,pear\n"
    assert scanner.lines == 2


def test_a_truncated_last_line_is_set_aside() -> None:
    good, rejects, _ = read(HEADER + b"1,apple,0.5\n2,pe")
    assert list(good) == [2]
    assert rejects == [Reject(3, b"2,pe", "expected 3 fields, found 2")]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (HEADER, "has a header but no record"),
        (b"ID,NAME\n1,apple\n", "column PRICE is missing; found ID, NAME"),
        (b"ID,NAME,PRICE,EXTRA\n1,a,1,2\n", "unexpected column EXTRA"),
        (b"ID,NAME,PRICE,ID\n1,a,1,2\n", "a column is named twice"),
        ("ID,NAME,PRICE\n1,a,1\n".encode("utf-16"), "looks like UTF-16"),
        (b"ID,NAME,PRICE\r1,a,1\r", "bare carriage returns"),
        (b"ID,N\xe4ME,PRICE\n1,a,1\n", "the header is not UTF-8"),
    ],
)
def test_files_that_cannot_be_read_are_refused_by_name(data: bytes, sentence: str) -> None:
    with pytest.raises(SourceFileError, match=r"prices\.csv") as refused:
        read(data)
    assert sentence in str(refused.value)


FIELD = st.text(st.characters(codec="utf-8", exclude_characters='\r\n,"'), max_size=6)
LINE = st.one_of(
    st.tuples(st.integers(0, 9999).map(str), FIELD, st.sampled_from(["1", "2.5", "3.99", "1.234", ""])).map(",".join),
    st.text(st.sampled_from('ab1,"\t é'), max_size=12),
)


@given(lines=st.lists(LINE, min_size=1, max_size=30), size=st.integers(1, 64), block=st.integers(1, 200))
def test_every_line_is_loaded_or_rejected_whatever_the_chunks(lines: list[str], size: int, block: int) -> None:
    data = HEADER + "".join(f"{line}\n" for line in lines).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "BLOCK_BYTES", block)
        good, rejects, scanner = read(data, size)
    rejected = {reject.line: reject.raw for reject in rejects}
    assert {**good, **rejected} == {number: line.encode() for number, line in enumerate(lines, start=2)}
    assert not set(good) & set(rejected)
    assert scanner.lines == len(lines)
    for line in good.values():
        assert scanner._fault(line) is None  # the fast path let through what the careful one would
