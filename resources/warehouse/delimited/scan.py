"""Scans a delimited file at memory speed: passes blocks of records that fit, sets the others aside.

How a record is read is said in `records`, what fits a column in `values`, what a header must be in `header`. Whether a
record breaks a rule, or gives a derived value that cannot be, is the engine's to say.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from tributary.resources.warehouse.delimited.contract import FileColumn, FileContract, SourceFileError
from tributary.resources.warehouse.delimited.header import LONGEST_HEADER, read_header, refuse_other_formats
from tributary.resources.warehouse.delimited.records import Record, RecordReader

# Small enough that no single step of the scan keeps the thread that sends to the server waiting for long.
BLOCK_BYTES = 256 << 10
LONGEST_RECORD = 16 << 20
"""Bytes of a line, and of a quoted section, at most: what is longer is no record of a file that people exchange."""

DUPLICATE = "exact duplicate of an earlier line"
"""The reason of records that say what the table has of an earlier one: nothing is wrong with them."""


class Reject(NamedTuple):
    """A record that does not fit: its first line (the header is line 1), its bytes without the line end, and why.

    `reason` is the same for all of a kind; `detail` is what this one has.
    """

    line: int
    raw: bytes
    reason: str
    detail: str = ""


@dataclass
class Block:
    """Records that fit, as COPY's text format has them, a line each, with the first line in the file of each.

    `rejects` are those set aside from among them. `parts` are the file's bytes that the records were read from; of a
    part of lines, each is a record.
    """

    data: bytes = b""
    numbers: Sequence[int] = ()
    rejects: list[Reject] = field(default_factory=list)
    parts: list[tuple[bytes, bool]] = field(default_factory=list)

    def raws(self) -> list[bytes]:
        """The bytes of each record in the file, without its line end."""
        found: list[bytes] = []
        for part, is_lines in self.parts:
            found += (line.removesuffix(b"\r") for line in part.split(b"\n")[:-1]) if is_lines else [part]
        return found


class Scanner:
    """One pass over one file. After `header`, iterate `blocks` once.

    `records` then counts those that were read, whether they fit or not; `lines` every line but the header; and
    `more_lines` those that are no record's first: blank ones, and further lines of quoted sections. A file without a
    record is refused, unless it `may_be_empty`.

    Raises:
        SourceFileError: the file as a whole cannot be read as the contract says (`name` tells which file).
    """

    def __init__(
        self, contract: FileContract, name: str, chunks: Iterable[bytes], *, may_be_empty: bool = False
    ) -> None:
        self.contract = contract
        self._may_be_empty = may_be_empty
        self.name = name
        self.records = self.lines = self.more_lines = 0
        self._chunks = iter(chunks)
        self._ended = False
        self._rest = b""
        """What lies behind the last line end at hand."""
        self._data = b""
        """Whole lines at hand, of which those before `_at` are done."""
        self._at = 0
        columns = self._read_header()
        self.header = tuple(column.name for column in columns)
        self._reader = RecordReader(columns, contract.delimiter)

    def _read_header(self) -> Sequence[FileColumn]:
        found = b""
        while b"\n" not in found and len(found) <= LONGEST_HEADER:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._ended = True
                break
            found += chunk
        refuse_other_formats(self.name, found)
        found = found.removeprefix(codecs.BOM_UTF8)
        if not found.strip():
            raise SourceFileError(f"{self.name} is empty; it needs a header line and at least one record.")
        line, _, self._rest = found.partition(b"\n")
        if b"\r" in line[:-1]:
            raise SourceFileError(f"{self.name} ends its lines with bare carriage returns; save it with newlines.")
        return read_header(self.contract, self.name, line)

    def blocks(self) -> Iterator[Block]:
        """The file's records, block by block, in order."""
        while self._at < len(self._data) or self._read_on():
            block = self._block()
            if block.numbers or block.rejects:
                yield block
        if self.records == 0 and not self._may_be_empty:
            raise SourceFileError(f"{self.name} has a header but no record; nothing was loaded.")

    def _read_on(self) -> bool:
        """Have more whole lines at hand, twice as many bytes as there are; False where nothing follows."""
        parts = [self._data[self._at :], self._rest]
        size = sum(map(len, parts))
        enough = max(BLOCK_BYTES, 2 * size)
        has_line = b"\n" in self._rest
        while not self._ended and not (has_line and size >= enough):
            chunk = next(self._chunks, None)
            if chunk is None:
                self._ended = True
                break
            parts.append(chunk)
            size += len(chunk)
            has_line = has_line or b"\n" in chunk
            if not has_line and size > len(self._data) - self._at + LONGEST_RECORD:
                raise self._too_long()
        found = b"".join(parts)
        if self._ended and found and not found.endswith(b"\n"):
            found += b"\n"
        end = found.rfind(b"\n") + 1
        grown = end > len(self._data) - self._at
        self._data, self._rest, self._at = found[:end], found[end:], 0
        return grown

    def _too_long(self) -> SourceFileError:
        return SourceFileError(
            f"{self.name}: a line behind line {self.lines + 1:,} is longer than {LONGEST_RECORD >> 20} MB; "
            "check that it is delimited text, with line ends."
        )

    def _block(self) -> Block:
        """Read about a block's bytes of what is at hand; more where a quoted section goes on."""
        data, start = self._data, self._at
        end = data.rfind(b"\n", start, start + BLOCK_BYTES) + 1 or data.find(b"\n", start + BLOCK_BYTES) + 1
        if end - start > LONGEST_RECORD + BLOCK_BYTES:
            raise self._too_long()
        block = _Building(self.lines + 2)
        piece = data[start:end]
        utf8, returns = piece.isascii() or _is_utf8(piece), b"\r" in piece
        while self._at < end:
            self._take_lines(block, end, utf8=utf8, returns=returns)
            if self._at >= end:
                break
            record = self._record()
            if record is None:
                # The rest of this block is read with what follows.
                if block.is_empty:
                    self._read_on()
                    return self._block()
                break
            self._take(block, record)
        self.lines = block.line - 2
        self.more_lines += block.more_lines
        done = block.done()
        self.records += len(done.numbers) + len(done.rejects)
        return done

    def _take_lines(self, block: _Building, end: int, *, utf8: bool, returns: bool) -> None:
        """Take the lines ahead that fit as they are, or with their quotes left out."""
        data, reader = self._data, self._reader
        stop = reader.plain_until(data, self._at, end, utf8=utf8, returns=returns)
        if stop > self._at:
            lines = data[self._at : stop]
            block.add_lines(lines, reader.sent(lines))
            self._at = stop
        if self._at < end and b'"' in data[self._at : data.index(b"\n", self._at)]:
            stop = reader.quoted_until(data, self._at, end, utf8=utf8)
            if stop > self._at:
                lines = data[self._at : stop]
                block.add_lines(lines, reader.sent(lines, quoted=True))
                self._at = stop

    def _record(self) -> Record | None:
        """The record ahead, which is not plain; None where more of the file is needed to read it."""
        at_hand = len(self._data) - self._at
        last = (self._ended and not self._rest) or at_hand > LONGEST_RECORD
        return self._reader.read(self._data, self._at, last=last)

    def _take(self, block: _Building, record: Record) -> None:
        self._at = record.end
        if self._reader.is_blank(record.raw):
            block.skip_line()
        else:
            block.add(record)


class _Building:
    """A block as it grows; `line` is the number of the next line."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.more_lines = 0
        self.rejects: list[Reject] = []
        self._first = line
        self._numbers: list[range] = []
        self._sent: list[bytes] = []
        self._parts: list[tuple[bytes, bool]] = []

    @property
    def is_empty(self) -> bool:
        return self.line == self._first

    def add_lines(self, lines: bytes, sent: bytes) -> None:
        self._add(lines, sent, lines.count(b"\n"), is_lines=True)

    def add(self, record: Record) -> None:
        if record.sent is None:
            self.rejects.append(Reject(self.line, record.raw, record.reason, record.detail))
            self.line += 1
        else:
            self._add(record.raw, record.sent + b"\n", 1, is_lines=False)
        further = record.raw.count(b"\n")
        self.line += further
        self.more_lines += further

    def skip_line(self) -> None:
        self.line += 1
        self.more_lines += 1

    def _add(self, raw: bytes, sent: bytes, count: int, *, is_lines: bool) -> None:
        # Ranges take no room, however many records a file has.
        if self._numbers and self._numbers[-1].stop == self.line:
            self._numbers[-1] = range(self._numbers[-1].start, self.line + count)
        else:
            self._numbers.append(range(self.line, self.line + count))
        self.line += count
        self._sent.append(sent)
        self._parts.append((raw, is_lines))

    def done(self) -> Block:
        numbers: Sequence[int] = self._numbers[0] if len(self._numbers) == 1 else list(chain(*self._numbers))
        return Block(b"".join(self._sent), numbers, self.rejects, self._parts)


def raw_records(contract: FileContract, name: str, chunks: Iterable[bytes], numbers: set[int]) -> dict[int, bytes]:
    """The bytes of some records of a file, by line, for rejecting a record that only a whole-file rule found."""
    found: dict[int, bytes] = {}
    for block in Scanner(contract, name, chunks).blocks():
        if numbers.isdisjoint(block.numbers):
            continue
        raws = zip(block.numbers, block.raws(), strict=True)
        found.update((number, raw) for number, raw in raws if number in numbers)
    return found


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
