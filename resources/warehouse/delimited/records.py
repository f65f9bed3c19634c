r"""How the records of a delimited file are read: the one reading, by which they are counted and by which they are sent.

A field that begins with a double quote is quoted: it ends at the next quote that is not doubled, holds delimiters and
line ends as they are, and each doubled quote in it is one quote. In any other field a quote is text (`12" PIZZA`). An
empty field is no value, quoted or not. A record ends at the line end behind its last field.

Where that reading does not come out, the record's first line alone is set aside, and reading goes on with the next
line: a lone quote costs its own line and no other. That is so where text stands behind a closing quote; where a quote
is not closed; where a quoted section over several lines gives another number of fields than the header, while most of
the lines between its first and its last (of two, the second) are sound records by themselves; and where it gives the
right number, but so does its first line, and all others are sound records (in the last field, two at least): one field
began with a lone quote, and a later one ends with one.

What is sent is COPY's text format, in which quotes mean nothing and each record is one line: the server cannot divide
it in another way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import re2

from tributary.resources.warehouse.delimited.contract import FileColumn
from tributary.resources.warehouse.delimited.values import BLANKS, Misfit, pattern, read

READING = "3"
"""Another one where files are to be read again, since something else may come of them."""

NOT_CLOSED = "a quote is not closed"
_LARGEST_PATTERN = 256 << 20
"""Bytes that the lines of a file may take as an expression: a quarter is too little for 1,600 quoted decimals."""
_SHOWN = 80


class Record(NamedTuple):
    """A record as it was read: where its line ends, its bytes without that end, and what is sent of it.

    Of a record that does not fit, `sent` is None, `reason` says why, in the same words for all of a kind, and `detail`
    what this one has.
    """

    end: int
    raw: bytes
    sent: bytes | None
    reason: str = ""
    detail: str = ""


class RecordReader:
    """Reads records of the columns that a file's header names, in their order there."""

    def __init__(self, columns: Sequence[FileColumn], delimiter: str) -> None:
        self._columns = columns
        self._delimiter = delimiter.encode()
        self._blanks = (b"" if len(columns) == 1 else BLANKS.replace(delimiter, "").encode()) + b"\r"
        escaped = re.escape(delimiter)
        field = rf'(?:"([^"]*+(?:""[^"]*+)*+)"(?={escaped}|\r?\n|\Z)|(?!")([^{escaped}\n]*+))'
        self._field = re.compile(field.encode())
        self._record = re.compile(rf"{field}(?:{escaped}{field})*+\r?\n".encode())
        self._before = re.compile(rf"(?:{field}{escaped})*+".encode())
        self._section = re.compile(rb'"[^"]*+(?:""[^"]*+)*+')
        self._plain = {
            (ascii_only, ends): self._lines(ascii_only, ends, quoted=False)
            for ascii_only in (False, True)
            for ends in (r"\n", r"\r?\n")
        }
        self._quoted = {ascii_only: self._lines(ascii_only, r"\r?\n", quoted=True) for ascii_only in (False, True)}

    def _lines(self, ascii_only: bool, ends: str, *, quoted: bool) -> Any:
        """Any number of lines that surely fit and hold no quoted field; with `quoted`, only simply quoted ones too.

        A pattern of RE2, which reads a file four times as fast as Python's, without holding up other threads.
        """
        delimiter = re2.escape(self._delimiter.decode())
        strange = rf"{delimiter}\n\r\x00" + (r"\x80-\xff" if ascii_only else "")
        text = f'[^"{strange}]+' if quoted else f'[^"{strange}][^{strange}]*'
        fields = []
        for column in self._columns:
            required = column.required or len(self._columns) == 1
            one = text if column.type == "text" else pattern(column.type)
            one = one if required else f"(?:{one})?"
            fields.append(f'(?:"{one}"|{one})' if quoted else one)
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem, options.log_errors = _LARGEST_PATTERN, False
        return re2.compile(f"(?:{delimiter.join(fields)}{ends})*".encode("latin-1"), options)

    def plain_until(self, data: bytes, start: int, end: int, *, utf8: bool, returns: bool) -> int:
        """Where the lines from `start` stop to be ones that fit as they are.

        `utf8` says that they surely are in that encoding, `returns` that there may be carriage returns among them.
        """
        return _end(self._plain[not utf8, r"\r?\n" if returns else r"\n"], data, start, end)

    def quoted_until(self, data: bytes, start: int, end: int, *, utf8: bool) -> int:
        """Where the lines from `start` stop to be ones that fit when their quotes are left out."""
        return _end(self._quoted[not utf8], data, start, end)

    def sent(self, lines: bytes, *, quoted: bool = False) -> bytes:
        """What is sent of lines that `plain_until` or `quoted_until` passed."""
        # Such lines hold no other quotes, and carriage returns at their ends alone.
        if quoted or b"\r" in lines:
            lines = lines.translate(None, b'\r"' if quoted else b"\r")
        return lines.replace(b"\\", b"\\\\") if b"\\" in lines else lines

    def is_blank(self, line: bytes) -> bool:
        """Whether a line is nobody's record: empty, or of blanks alone where records have several fields."""
        return not line.strip(self._blanks)

    def read(self, data: bytes, start: int, *, last: bool) -> Record | None:
        """Read the record that begins at `start`; None where it goes on behind `data`, which ends with a line end.

        With `last` nothing lies behind `data`.
        """
        line_end = data.index(b"\n", start)
        first = data[start:line_end].removesuffix(b"\r")
        if b'"' not in first:
            return self._judge(line_end + 1, first, first.split(self._delimiter), bare=b"\r" in first)
        whole = self._record.match(data, start)
        if whole is None:
            opened = self._before.match(data, start).end()  # type: ignore[union-attr]
            closed = self._section.match(data, opened).end()  # type: ignore[union-attr]
            if closed == len(data) and not last:
                return None
            behind = closed < line_end
            reason = "text stands behind the closing quote of a field" if behind else NOT_CLOSED
            return Record(line_end + 1, first, None, reason)
        raw = data[start : whole.end() - 1].removesuffix(b"\r")
        fields, bare = self._split(raw)
        if b"\n" in raw and self._holds_records(raw, fields):
            return Record(line_end + 1, first, None, NOT_CLOSED)
        return self._judge(whole.end(), raw, fields, bare=bare)

    def _split(self, raw: bytes) -> tuple[list[bytes], bool]:
        """The fields of a record that matched, and whether one that is not quoted holds a carriage return."""
        fields = []
        bare = False
        at = 0
        while True:
            match = self._field.match(raw, at)
            assert match is not None  # noqa: S101 - the whole record matched
            quoted, plain = match.groups()
            fields.append(plain if quoted is None else quoted.replace(b'""', b'"'))
            bare = bare or (quoted is None and b"\r" in plain)
            at = match.end() + len(self._delimiter)
            if match.end() == len(raw):
                return fields, bare

    def _holds_records(self, raw: bytes, fields: Sequence[bytes]) -> bool:
        """Whether a record that was read over several lines is several, and its quoted section none."""
        lines = [line.removesuffix(b"\r") for line in raw.split(b"\n")]
        if len(fields) == len(self._columns):
            alone = lines[0].count(self._delimiter) == len(fields) - 1
            enough = len(lines) > 2 or b"\n" not in fields[-1]
            return alone and enough and all(map(self._is_sound, lines[1:]))
        within = lines[1:-1] or lines[1:]
        return 2 * sum(map(self._is_sound, within)) > len(within)

    def _is_sound(self, line: bytes) -> bool:
        """Whether a line would be a record that fits by itself."""
        if self._record.fullmatch(line + b"\n") is None:
            return False
        fields, bare = self._split(line)
        return self._judge(0, line, fields, bare=bare).sent is not None

    def _judge(self, end: int, raw: bytes, fields: Sequence[bytes], *, bare: bool) -> Record:
        if b"\0" in raw:
            return Record(end, raw, None, "holds a NUL byte")
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as error:
            at = error.start
            return Record(end, raw, None, "not UTF-8", f"byte 0x{raw[at]:02x} at position {at + 1}")
        if bare:
            return Record(end, raw, None, "holds a bare carriage return")
        if len(fields) != len(self._columns):
            return Record(end, raw, None, f"expected {len(self._columns)} fields, found {len(fields)}")
        sent = []
        for column, field in zip(self._columns, fields, strict=True):
            text = field.decode()
            try:
                sent.append(_fitted(column, text))
            except Misfit as misfit:
                return Record(end, raw, None, f"{column.source} {misfit}", _shown(text))
        return Record(end, raw, self._delimiter.join(map(self._escaped, sent)))

    def _escaped(self, text: str) -> bytes:
        data = text.encode().replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
        return data.replace(self._delimiter, b"\\" + self._delimiter)


def _fitted(column: FileColumn, text: str) -> str:
    if not (text if column.type == "text" else text.strip(BLANKS)):
        if column.required:
            raise Misfit("is empty")
        return ""
    return read(column.type, text)


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= _SHOWN else f'"{text[:_SHOWN]}…"'


def _end(lines: Any, data: bytes, start: int, end: int) -> int:
    found: int = lines.match(data, start, end).end()  # it matches no line, too
    return found
