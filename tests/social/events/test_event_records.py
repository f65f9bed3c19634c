"""Telling records apart: in whole objects, in broken ones, and that not a byte goes missing."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tests.social.events.making import encoded, follow

from tributary.resources.segment.records import Records, read_records
from tributary.resources.segment.scan import scan

BLANK = re.compile(rb"(?:[ \t\r\n]|\xef\xbb\xbf)*")
A, B, C = follow(1), follow(2), follow(3)

SEPARATORS = st.sampled_from([b"", b"", b"\n", b"\r\n", b"\n\n", b" ", b"\t\n "])
TEXTS = st.text(max_size=12) | st.sampled_from(['}{"', "a}{b", "\\", '"', "{", "}\n{", "é}{é", "\u2028"])
KEYS = st.sampled_from(["name", "x", "type", "properties", "items"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A message with all its ids, and a first key that is plain."""
    first, fields = draw(st.sampled_from(["context", "type"])), draw(st.dictionaries(KEYS, VALUES, max_size=3))
    fields.pop("type", None)
    ids = {"messageId": draw(st.text("abc", min_size=1, max_size=4)), "userId": "u", "type": "track", "event": "E"}
    record = {"context": draw(TEXTS)} if first == "context" else {}
    blanks = draw(st.booleans())
    text = json.dumps({**record, **ids, **fields}, ensure_ascii=draw(st.booleans()), indent=1 if blanks else None)
    return text.encode()


def goods(records: Records) -> list[bytes]:
    return [records.raw(index) for index in range(len(records.starts))]


def bads(data: bytes) -> list[tuple[int, int, bytes]]:
    return [(bad.number, bad.offset, bad.raw) for bad in read_records(data).bad]


def assert_nothing_is_missing(data: bytes) -> Records:
    records = read_records(data)
    spans = [(records.starts[i], records.ends[i], records.numbers[i]) for i in range(len(records.starts))]
    spans += [(bad.offset, bad.offset + len(bad.raw), bad.number) for bad in records.bad]
    spans.sort()
    assert [number for *_, number in spans] == list(range(1, records.count + 1))
    position = 0
    for start, end, _ in spans:
        assert BLANK.fullmatch(data, position, start)
        assert end > start
        position = end
    assert BLANK.fullmatch(data, position)
    assert all(data[bad.offset :].startswith(bad.raw) for bad in records.bad)
    return records


@pytest.mark.parametrize(
    "data",
    [
        A + B + C,
        A + b"\n" + B + b"\r\n\r\n" + C + b"\n",
        A + B + b"\n" + C,
        b"\xef\xbb\xbf" + A + b"\n" + B + C,
        b" \n" + A + b"   " + B + b"\t" + C + b" ",
        gzip.compress(A + B + C, mtime=0),
        gzip.compress(A + B[:40], mtime=0) + gzip.compress(B[40:] + C, mtime=0),
        gzip.compress(A + B, mtime=0) + gzip.compress(b"\n" + C, mtime=0) + b"\0\0\0",
    ],
)
def test_good_records_are_told_apart_however_they_are_joined(data: bytes) -> None:
    records = read_records(data)
    assert goods(records) == [A, B, C]
    assert [message and message.messageId for message in records.messages] == ["m-1", "m-2", "m-3"]
    assert list(records.numbers) == [1, 2, 3]
    assert not records.bad


@pytest.mark.parametrize("data", [b"", b"\n", b" \r\n\t", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_an_empty_object_has_no_records(data: bytes) -> None:
    assert read_records(data).count == 0


def test_braces_and_escapes_in_texts_end_no_record() -> None:
    tricky = [follow(n, note=note) for n, note in enumerate(['}{"', "\\", 'a"}{', "}\n{", "{}{}"])]
    assert goods(read_records(b"".join(tricky))) == tricky
    assert goods(read_records(b"\n".join(tricky))) == tricky


def test_commas_between_records_are_not_taken_for_joined_records() -> None:
    record = follow(1, note="}{")
    records = assert_nothing_is_missing(record + b"," + B)
    assert goods(records) == [record, B]
    assert [bad.raw for bad in records.bad] == [b","]


def test_a_half_written_last_record_is_one_bad_record() -> None:
    assert bads(A + B[:-1]) == [(2, len(A), B[:-1])]


@pytest.mark.parametrize("cut", range(1, len(B)))
def test_a_record_cut_off_anywhere_takes_no_other_with_it(cut: int) -> None:
    half = B[:cut]
    data = A + half + C + A
    assert goods(read_records(data)) == [A, C, A]
    assert bads(data) == [(2, len(A), half.rstrip())]


@pytest.mark.parametrize(
    "value", [b"[1,2]", b"12", b"-1.5e3", b"null", b'"text"', b"[" + A + b"]", b'{"type":"track","userId":"\xff"}']
)
def test_a_value_that_is_no_readable_object_is_bad_alone(value: bytes) -> None:
    assert goods(read_records(A + value + B)) == [A, B]
    assert bads(A + b"\n" + value + b"\n" + B) == [(2, len(A) + 1, value)]


def test_messages_in_a_wrapper_that_was_cut_off_come_through() -> None:
    assert goods(read_records(b'{"batch":[' + A + b"," + B + b"," + C[:30])) == [A, B]


def test_a_complete_object_that_is_no_message_does_not_end_junk() -> None:
    half = b'{"type":"track","context":{"ip":"192.0.2.1"},"properties":{"user_id":"u-2"}'
    assert bads(half + A) == [(1, 0, half)]


def test_nul_bytes_and_a_foreign_encoding_are_junk() -> None:
    assert bads(b"\0\0\0" + A) == [(1, 0, b"\0\0\0")]
    foreign = A.decode().encode("utf-16")
    assert bads(foreign) == [(1, 0, foreign)]


@pytest.mark.parametrize(
    "bomb", [b"[" * 200_000, b'{"a":' * 200_000, b'{"a":' * 200_000 + b"}" * 10, b'{"a":{"' * 9_000]
)
def test_a_nesting_bomb_is_one_bad_record(bomb: bytes) -> None:
    assert bads(bomb + A) == [(1, 0, bomb)]
    assert goods(read_records(A + bomb + B)) == [A, B]


def test_a_whole_nesting_bomb_is_one_bad_record() -> None:
    bomb = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
    assert bads(A + bomb + B) == [(2, len(A), bomb)]


def test_numbers_beyond_all_bounds_are_bad_records() -> None:
    for number in (b"9" * 20_000, b"1e999"):
        record = b'{"type":"track","userId":"u","x":%s,"timestamp":%s}' % (number, number)
        assert bads(A + record + B) == [(2, len(A), record)]


def test_lone_surrogates_and_keys_that_come_twice_are_good() -> None:
    records = [A, follow(2, note="\ud83d"), b'{"type":"page","type":"track","a":1}']
    assert goods(read_records(b"".join(records))) == records


def test_long_records_are_read_whole_also_beside_broken_ones() -> None:
    long = follow(9, note="long }{ " * 400_000)
    assert goods(read_records(long + A)) == [long, A]
    assert goods(read_records(long[:-9] + A + long)) == [A, long]


def test_gzip_that_was_cut_short_gives_what_can_be_unpacked() -> None:
    packed = gzip.compress(b"".join(follow(n, note=str(n) * 90) for n in range(500)))
    whole, half = read_records(packed), read_records(packed[: len(packed) // 2])
    assert 0 < len(half.starts) < 500
    assert goods(half) == goods(whole)[: len(half.starts)]
    *cut, rest = half.bad
    assert len(cut) <= 1
    assert (rest.number, rest.offset, rest.reason) == (half.count, len(half.data), "the gzip data is cut short")
    assert packed[: len(packed) // 2].endswith(rest.raw)


def test_damaged_gzip_gives_what_comes_before_the_damage() -> None:
    packed = bytearray(gzip.compress(A * 50 + B) + gzip.compress(C))
    packed[len(packed) - 3] ^= 0xFF
    records = read_records(bytes(packed))
    assert goods(records)[-1] == C
    assert [bad.reason for bad in records.bad] == ["the gzip data is damaged"]
    assert bytes(packed).endswith(records.bad[0].raw)


def test_what_follows_gzip_is_kept() -> None:
    records = read_records(gzip.compress(A) + b"junk")
    assert goods(records) == [A]
    assert [(bad.number, bad.offset, bad.raw) for bad in records.bad] == [(2, len(A), b"junk")]


def test_reasons_repeat_nothing_that_the_record_holds() -> None:
    secret = "s3cr3t"
    for record in (
        encoded({"type": secret})[:-1],
        f'"{secret}"'.encode(),
        secret.encode(),
        f'{{"{secret}":tru}}'.encode(),
    ):
        assert all(secret not in bad.reason for bad in read_records(record + A).bad)


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text('{}[]":,\\ \n1tu\x00é', max_size=60).map(str.encode))
@example(b'{"a":{"b":"{"}{')
def test_not_a_byte_is_missing_of_any_object(data: bytes) -> None:
    assume(not data.startswith(b"\x1f\x8b"))
    assert_nothing_is_missing(data)


@settings(deadline=None)
@given(st.lists(st.tuples(messages(), SEPARATORS), max_size=6))
def test_reading_at_once_and_one_by_one_agree(parts: list[tuple[bytes, bytes]]) -> None:
    data = b"".join(record + separator for record, separator in parts)
    records = assert_nothing_is_missing(data)
    assert goods(records) == [record for record, _ in parts]
    assert [(found.start, found.end) for found in scan(data)] == list(zip(records.starts, records.ends, strict=True))


@settings(deadline=None)
@given(st.data())
def test_messages_come_through_between_records_that_were_cut_off(data: st.DataObject) -> None:
    pieces: list[bytes] = []
    whole: list[bytes] = []
    for record in data.draw(st.lists(messages(), min_size=1, max_size=6)):
        cut = data.draw(st.integers(1, len(record)) | st.just(len(record)))
        pieces += [record[:cut], data.draw(SEPARATORS) if cut == len(record) else b""]
        whole += [record] if cut == len(record) else []
    records = assert_nothing_is_missing(b"".join(pieces))
    assert goods(records) == whole


@settings(deadline=None)
@given(st.lists(st.tuples(messages(), st.binary(max_size=20) | st.text('"\\[]:,nul 0', max_size=8).map(str.encode))))
def test_messages_come_through_any_junk_that_opens_nothing(parts: list[tuple[bytes, bytes]]) -> None:
    for _, junk in parts:
        # What could make a message part of a whole text or array, or joins with the next bytes to a mark of its own.
        assume(b"{" not in junk and not (b"[" in junk and b"]" in b"".join(other for _, other in parts)))
        assume(junk.count(b'"') < 2)
    data = b"".join(record + junk for record, junk in parts)
    found = goods(assert_nothing_is_missing(data))
    assert found == [record for record, _ in parts]
