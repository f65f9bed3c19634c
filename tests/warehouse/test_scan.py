"""The scanner against a naive reading of the same bytes: nothing lost, nothing wrong let through."""

from __future__ import annotations

import codecs
import gzip
import re
import time
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tributary.resources.warehouse.delimited import scan
from tributary.resources.warehouse.delimited.contract import FileColumn, FileContract, SourceFileError
from tributary.resources.warehouse.delimited.records import RecordReader
from tributary.resources.warehouse.delimited.scan import Reject, Scanner
from tributary.resources.warehouse.delimited.values import pattern
from tributary.resources.warehouse.errors import ContractError

CONTRACT = FileContract(
    columns=(
        FileColumn("ID", "id", "integer", "Id."),
        FileColumn("NAME", "name", "text", "Name.", required=False),
        FileColumn("PRICE", "price", "decimal(8,2)", "Price."),
    )
)
HEADER = b"ID,NAME,PRICE\n"


def read(
    data: bytes, size: int = 7, contract: FileContract = CONTRACT
) -> tuple[dict[int, bytes], list[Reject], Scanner]:
    """What is sent of each record, by its line; and the scanner's own word for each is checked on the way."""
    scanner = Scanner(contract, "prices.csv", [data[i : i + size] for i in range(0, len(data), size)])
    good: dict[int, bytes] = {}
    rejects: list[Reject] = []
    for block in scanner.blocks():
        lines = block.data.split(b"\n")[:-1]
        assert len(lines) == len(block.numbers) == len(block.raws())
        good.update(zip(block.numbers, lines, strict=True))
        rejects += block.rejects
    assert scanner.records == len(good) + len(rejects)
    assert scanner.lines == scanner.records + scanner.more_lines
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
        (b'1,"apple,0.5', "a quote is not closed"),
        (b'1,"5" nail",0.5', "text stands behind the closing quote of a field"),
        (b'1,"a"\r,0.5', "text stands behind the closing quote of a field"),
        (b"1,\xe9clair,0.5", "not UTF-8"),
        (b'1,"\xe9clair",0.5', "not UTF-8"),
        (b"1,a\0b,0.5", "holds a NUL byte"),
        (b'1,"a\0b",0.5', "holds a NUL byte"),
        (b"1,a\rb,0.5", "holds a bare carriage return"),
        (b"1,apple,0.505", "PRICE has more than 2 decimals"),
        (b"1,apple,1e-3", "PRICE has more than 2 decimals"),
        (b",apple,1", "ID is empty"),
        (b' ,apple,"1"', "ID is empty"),
        (b"1,apple,NaN", "PRICE is not a valid decimal(8,2)"),
        (b",,", "ID is empty"),
        (b"\\.", "expected 3 fields, found 1"),
    ],
)
def test_each_fault_costs_only_its_own_line(line: bytes, reason: str) -> None:
    good, rejects, _ = read(HEADER + b"7,before,1\n" + line + b"\n8,after,1\n")
    assert good == {2: b"7,before,1", 4: b"8,after,1"}
    assert [(reject.line, reject.raw, reject.reason) for reject in rejects] == [(3, line, reason)]


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        (b"1,apple,5.5e-1", b"1,apple,0.55"),
        (b"1,apple,4.440892e-16", b"1,apple,0.00"),
        (b"1,apple,1.2300000001", b"1,apple,1.23"),
        (b"1.0,apple,1", b"1,apple,1"),
        (b" 1\t,apple , 1", b"1,apple ,1.00"),
        (b'1,"a, b",0.5', b"1,a\\, b,0.5"),
        (b'1,"a ""quoted"" b",0.5', b'1,a "quoted" b,0.5'),
        (b'1,12" PIZZA,0.5', b'1,12" PIZZA,0.5'),
        (b'1,SOFT "DIET" DRINKS,0.5', b'1,SOFT "DIET" DRINKS,0.5'),
        (b'1, "a",0.5', b'1, "a",0.5'),
        (b'"1","apple","0.5"', b"1,apple,0.5"),
        (b'"1","","0.5"', b"1,,0.5"),
        (b"1,a\\nb\\,0.5", b"1,a\\\\nb\\\\,0.5"),
        (b'1,"a\nb",0.5', b"1,a\\nb,0.5"),
        (b'1,"a\r\n\r\n""b",0.5', b'1,a\\r\\n\\r\\n"b,0.5'),
        ("1,éclair,0.5".encode(), "1,éclair,0.5".encode()),
    ],
)
def test_what_is_sent_can_be_read_in_one_way_only(line: bytes, sent: bytes) -> None:
    after = 4 + line.count(b"\n")
    good, rejects, _ = read(HEADER + b"7,before,1\n" + line + b"\n8,after,1\n")
    assert good == {2: b"7,before,1", 3: sent, after: b"8,after,1"}
    assert rejects == []


def test_lone_quotes_at_the_end_of_fields_swallow_no_line_between_them() -> None:
    good, rejects, _ = read(HEADER + b'1,12",1\n2,b,1\n3,14",1\n')
    assert good == {2: b'1,12",1', 3: b"2,b,1", 4: b'3,14",1'}
    assert rejects == []


@pytest.mark.parametrize("closing", [b"", b'3,"small,1\n', b'3,small",1,\n', b'3,small",1,1,1\n'])
def test_an_opened_quote_costs_its_own_line(closing: bytes) -> None:
    good, rejects, _ = read(HEADER + b'1,"big,1\n2,b,1\n' + closing + b"4,d,1\n")
    assert good[3] == b"2,b,1"
    assert b"4,d,1" in good.values()
    assert (2, b'1,"big,1', "a quote is not closed") in [one[:3] for one in rejects]


def test_a_lone_quote_swallows_no_line_before_the_next_one() -> None:
    good, rejects, _ = read(HEADER + b'1,"big,1\n2,b,1\n3,small",1\n4,d,1\n')
    assert good == {3: b"2,b,1", 4: b'3,small",1', 5: b"4,d,1"}
    assert [(one.line, one.reason) for one in rejects] == [(2, "a quote is not closed")]
    good, rejects, _ = read(HEADER + b'"\n2,b,1\nbroken\n4,d,1\n5,e,1\n"\n')
    assert good == {3: b"2,b,1", 5: b"4,d,1", 6: b"5,e,1"}
    assert [one.line for one in rejects] == [2, 4, 7]


def test_a_line_within_a_quoted_text_is_no_record_even_if_it_looks_like_one() -> None:
    good, rejects, scanner = read(HEADER + b'1,"note\n777,fake,1\nend",1\n2,b,1\n')
    assert good == {2: b"1,note\\n777\\,fake\\,1\\nend,1", 5: b"2,b,1"}
    assert (rejects, scanner.records, scanner.more_lines) == ([], 2, 2)
    good, rejects, _ = read(HEADER + b'x,"note\n777,fake,1\nend",1\n2,b,1\n')
    assert good == {5: b"2,b,1"}
    assert [(one.line, one.raw) for one in rejects] == [(2, b'x,"note\n777,fake,1\nend",1')]


def test_blank_lines_are_nobodys_record() -> None:
    good, rejects, scanner = read(HEADER + b"\n1,a,1\n  \n\r\n2,b,1\n\n\n\n")
    assert good == {3: b"1,a,1", 6: b"2,b,1"}
    assert (rejects, scanner.records, scanner.more_lines, scanner.lines) == ([], 2, 6, 8)


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
    "header", [b" id , Name,PRICE ", b'"ID","NAME","PRICE"', b' id , "NAME" ,Price', "\ufeffID,NAME,PRICE".encode()]
)
def test_names_are_known_in_any_case_with_blanks_and_quotes_around_them(header: bytes) -> None:
    assert read(header + b"\n1,a,1\n")[0] == {2: b"1,a,1"}


WIDE = "ID,NAME,PRICE\n1,a,1\n"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (HEADER, "has a header but no record"),
        (HEADER + b"\n\n", "has a header but no record"),
        (b"ID,NAME\n1,apple\n", "column PRICE is missing; found ID, NAME"),
        (b"ID,NAME,PRICE,EXTRA\n1,a,1,2\n", "unexpected column EXTRA"),
        (b"ID,NAME,PRICE,id\n1,a,1,2\n", "column ID, id is named twice"),
        (b",ID,NAME,PRICE\n0,1,a,1\n", "column 1 has no name; remove it from the file; a table saved with its index"),
        (b"ID,NAME,PRICE,\n1,a,1,\n", "column 4 has no name"),
        (b"ID;NAME;PRICE\n1;a;1\n", "the fields are separated by semicolons (;); save it with commas"),
        (b"ID\tNAME\tPRICE\n1\ta\t1\n", "separated by tabs"),
        (b'"ID"|"NAME"|"PRICE"\n1|a|1\n', "separated by bars (|)"),
        (b"\nID,NAME,PRICE\n1,a,1\n", "line 1 is blank; the header must be the first line: ID, NAME, PRICE"),
        (b"# made today\nID,NAME,PRICE\n1,a,1\n", "line 1 is a comment (# made today)"),
        (b"1,apple,0.5\n2,pear,1\n", "line 1 is no header but '1,apple,0.5'"),
        (WIDE.encode("utf-16"), "looks like UTF-16"),
        (WIDE.encode("utf-16-le"), "looks like UTF-16"),
        (b"ID,NAME,PRICE\r1,a,1\r", "bare carriage returns"),
        (b"ID,N\xe4ME,PRICE\n1,a,1\n", "the header is not UTF-8"),
        (gzip.compress(WIDE.encode(), mtime=0), "is compressed with gzip; unpack it"),
        (b"PK\x03\x04\x14\0", "is compressed with zip"),
        (b"\xfd7zXZ\0\0", "is compressed with xz"),
        (b"BZh91AY", "is compressed with bzip2"),
        (b"\x28\xb5\x2f\xfd\x04", "is compressed with zstd"),
        (b"PAR1\x15", "is a Parquet file"),
        (b"<!DOCTYPE html>\n<html>", "is HTML or XML"),
    ],
)
def test_files_that_cannot_be_read_are_refused_by_name(data: bytes, sentence: str) -> None:
    with pytest.raises(SourceFileError, match=r"prices\.csv") as refused:
        read(data)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("chunk", [1 << 20, 64 << 20])
def test_a_line_without_end_is_refused_in_time_that_grows_with_it(chunk: int) -> None:
    data = HEADER + b"1,a,1\n2," + b"x" * (40 << 20)
    started = time.perf_counter()
    with pytest.raises(SourceFileError, match="a line behind line 2 is longer than 16 MB"):
        read(data, chunk)
    assert time.perf_counter() - started < 5


def test_quotes_that_nothing_closes_are_each_looked_for_once() -> None:
    """Each opens a section that a naive reader would follow to the end of the file, again and again."""
    lines = b'1,"a ""b,1\n2,c,1\n' * 20_000
    started = time.perf_counter()
    good, rejects, _ = read(HEADER + lines, 1 << 16)
    assert time.perf_counter() - started < 5
    assert len(good) == len(rejects) == 20_000


def test_a_quoted_text_longer_than_a_block_is_one_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "BLOCK_BYTES", 1000)
    text = b"line\n" * 5000
    good, rejects, scanner = read(HEADER + b'1,"' + text + b'",1\n2,b,1\n', 100)
    assert list(good) == [2, 5003]
    assert good[2] == b"1," + text.replace(b"\n", b"\\n") + b",1"
    assert (rejects, scanner.more_lines) == ([], 5000)


@pytest.mark.parametrize("delimiter", ["a", ".", '"', "\\", "\n", "", ",,", "é", "1", "-"])
def test_a_delimiter_that_could_be_read_otherwise_is_refused(delimiter: str) -> None:
    with pytest.raises(ContractError, match="cannot separate fields"):
        FileContract(CONTRACT.columns, delimiter=delimiter)


def naive(data: bytes) -> list[tuple[int, bytes, list[str] | None]]:
    """Each record's line, bytes, and fields, read character by character; None for fields where the quotes are wrong.

    Of a quoted section over several lines that gives a wrong number of fields it is said to be wrong where most of the
    lines between its first and its last, or, of two, the second, are right by themselves; and of one that gives the
    right number, where the first line has as many commas and all others are right.
    """
    text = data.decode()
    found: list[tuple[int, bytes, list[str] | None]] = []
    at, number = 0, 1
    while at < len(text):
        stop = text.index("\n", at)
        fields, end = naive_record(text, at)
        if fields is not None and end - 1 > stop:
            first, *later = text[at : end - 1].split("\n")
            right = [is_right(alone(line)) for line in later]
            if len(fields) == 3:
                enough = len(later) > 1 or "\n" not in fields[2]
                is_several = first.count(",") == 2 and enough and all(right)
            else:
                between = right[:-1] or right
                is_several = sum(between) > len(between) / 2
            if is_several:
                fields = None
        if fields is None:
            end = stop + 1
        raw = text[at : end - 1]
        if raw.strip(" \t\r"):
            found.append((number, raw.removesuffix("\r").encode(), fields))
        number += text[at:end].count("\n")
        at = end
    return found


def alone(line: str) -> list[str] | None:
    """The fields of one line, None where it is no record by itself."""
    text = line.removesuffix("\r") + "\n"
    fields, end = naive_record(text, 0)
    return fields if end == len(text) else None


def naive_record(text: str, at: int) -> tuple[list[str] | None, int]:
    fields = []
    while True:
        field = ""
        if text[at] == '"':
            at += 1
            while True:
                if at >= len(text):
                    return None, at
                if text[at] == '"' and text[at + 1 : at + 2] == '"':
                    field, at = field + '"', at + 2
                elif text[at] == '"':
                    at += 1
                    break
                else:
                    field, at = field + text[at], at + 1
            if text[at] not in ",\n" and text[at : at + 2] != "\r\n":
                return None, at
        while text[at] not in ",\n" and text[at : at + 2] != "\r\n":
            field, at = field + text[at], at + 1
        fields.append(field)
        if text[at] != ",":
            return fields, at + (2 if text[at] == "\r" else 1)
        at += 1


def is_right(fields: list[str] | None) -> bool:
    if fields is None or len(fields) != 3 or any("\r" in field.replace("\r\n", "") for field in fields):
        return False
    number, _, price = (field.strip(" \t") for field in fields)
    is_integer = re.fullmatch(r"[0-9]{1,9}(\.0*)?", number) is not None
    return is_integer and re.fullmatch(r"[0-9]{1,6}(\.[0-9]{0,2})?", price) is not None


PIECE = st.sampled_from(
    ["1", "2", '"', '"', '""', ",", ",", "\n", "\r\n", "a", " ", "2.5", "0.0", ',"', '",', "\\", "é"]
)
RECORD = st.tuples(
    st.sampled_from(["1", "2", '"3"']), st.text('a"\n, 1', max_size=5), st.sampled_from(["1", "2.5"])
).map(lambda fields: f"{fields[0]},{fields[1]},{fields[2]}\n")


@settings(deadline=None)
@example(pieces=['1,",1\n', "\r\n", '1,",1'], size=7, block=100)
@given(
    pieces=st.lists(st.one_of(PIECE, RECORD), min_size=1, max_size=40),
    size=st.integers(1, 64),
    block=st.integers(1, 200),
)
def test_records_are_those_of_a_naive_reading_whatever_the_chunks(pieces: list[str], size: int, block: int) -> None:
    body = "1,sure,1\n" + "".join(pieces) + "\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "BLOCK_BYTES", block)
        good, rejects, scanner = read(HEADER + body.encode(), size)
    expected = naive(body.encode())
    right = {number + 1: fields for number, _, fields in expected if is_right(fields)}
    wrong = {number + 1: raw for number, raw, fields in expected if not is_right(fields)}
    assert {reject.line: reject.raw for reject in rejects} == wrong
    assert good.keys() == right.keys()
    for number, fields in right.items():
        assert unescaped(good[number])[1] == fields[1]
    assert scanner.lines == body.count("\n")


def unescaped(line: bytes) -> list[str]:
    """The fields of a line of COPY's text format."""
    fields, at, text = [""], 0, line.decode()
    while at < len(text):
        if text[at] == "\\":
            fields[-1] += {"n": "\n", "r": "\r"}.get(text[at + 1], text[at + 1])
            at += 2
        elif text[at] == ",":
            fields.append("")
            at += 1
        else:
            fields[-1] += text[at]
            at += 1
    return fields


TYPES = ("integer", "bigint", "decimal(12,2)", "decimal(2,2)", "decimal(5,0)", "double", "boolean", "date", "timestamp")


@example(type_="timestamp", text="2004-03-23T07:30:00.123456", delimiter=",")
@example(type_="decimal(2,2)", text="-0.5", delimiter="\t")
@given(
    type_=st.sampled_from(TYPES),
    text=st.one_of(
        st.text("-+.01289:T eE_tf\x00", max_size=24), st.from_regex(r"-?[0-9]{0,20}\.?[0-9]{0,22}", fullmatch=True)
    ),
    delimiter=st.sampled_from([",", ";", "|", "\t"]),
)
def test_lines_pass_as_they_are_where_each_field_is_of_the_pattern_of_its_type(
    type_: str, text: str, delimiter: str
) -> None:
    column = FileColumn("A", "a", type_, "A.")
    reader = RecordReader([column, column], delimiter)
    fits = re.fullmatch(pattern(type_), text) is not None
    plain, quoted = (f"{field}{delimiter}{field}\n".encode() for field in (text, f'"{text}"'))
    for utf8, returns in product([False, True], repeat=2):
        assert reader.plain_until(plain, 0, len(plain), utf8=utf8, returns=returns) == len(plain) * fits
        assert reader.quoted_until(quoted, 0, len(quoted), utf8=utf8) == len(quoted) * fits


@pytest.mark.parametrize("type_", [*TYPES, "decimal(38,20)", "text"])
def test_the_widest_table_s_lines_are_passed_over_many_at_a_time(type_: str, capfd: pytest.CaptureFixture[str]) -> None:
    value = {"boolean": b"t", "date": b"2004-03-23", "timestamp": b"2004-03-23 07:30", "decimal(2,2)": b".25"}
    reader = RecordReader([FileColumn(f"C{i}", f"c{i}", type_, "C.", required=False) for i in range(1_600)], ",")
    field = value.get(type_, b"-1234")
    plain = (b",".join([field, b""] * 800) + b"\n") * 100
    quoted = (b",".join([b'"%b"' % field, b""] * 800) + b"\n") * 100
    assert reader.plain_until(plain, 0, len(plain), utf8=True, returns=False) == len(plain)
    assert reader.quoted_until(quoted, 0, len(quoted), utf8=False) == len(quoted)
    assert capfd.readouterr() == ("", "")
