"""Scans a delimited file at memory speed: passes blocks of structurally sound lines, sets the others aside.

Sound means: UTF-8, the right number of fields, closed quotes, no stray carriage return or NUL, and no decimal with more
digits than its column keeps. Whether a field is a valid number or date is the engine's to say. One record is one line:
an unclosed quote spoils its own line and no other.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from resources.warehouse.delimited.contract import FileContract, SourceFileError
from resources.warehouse.types import decimal_digits

# Small enough that no single step of the scan keeps the thread that sends to the server waiting for long.
BLOCK_BYTES = 256 << 10
LONGEST_HEADER = 1 << 20
# Floating-point noise (4.4e-16, 1.2300000001) is the number it stands next to; anything coarser is a real digit.
NOISE = Decimal("1e-6")
# With every digit made a 0, plain substring searches find what a pattern would, several times as fast.
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789E", b"000000000e")
_WIDE_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Reject(NamedTuple):
    """A line that does not fit: its number (the header is line 1), its bytes without the line end, and why."""

    line: int
    raw: bytes
    reason: str


class Block(NamedTuple):
    """Sound lines, each ended by a newline, with the number of each; and those set aside from among them."""

    data: bytes
    numbers: Sequence[int]
    rejects: list[Reject]


class Scanner:
    """One pass over one file. After `header`, iterate `blocks` once; `lines` then counts every line but the header.

    Raises:
        SourceFileError: the file as a whole cannot be read as the contract says (`name` tells which file).
    """

    def __init__(self, contract: FileContract, name: str, chunks: Iterable[bytes]) -> None:
        self.contract = contract
        self.name = name
        self.lines = 0
        self._delimiter = contract.delimiter.encode()
        self._not_separators = bytes(set(range(256)) - set(self._delimiter + b"\n"))
        self._has_decimals = any(decimal_digits(column.type) for column in contract.columns)
        self._chunks = iter(chunks)
        self._rest = b""
        self.header = self._read_header()

    def _read_header(self) -> tuple[str, ...]:
        """The table's names for the file's columns, in the file's order."""
        while b"\n" not in self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._rest += chunk
            if len(self._rest) > LONGEST_HEADER:
                break
        if self._rest.startswith(_WIDE_BOMS) or b"\0" in self._rest.partition(b"\n")[0]:
            raise SourceFileError(f"{self.name} is not UTF-8 text but looks like UTF-16 or binary; save it as UTF-8.")
        self._rest = self._rest.removeprefix(codecs.BOM_UTF8)
        if not self._rest.strip():
            raise SourceFileError(f"{self.name} is empty; it needs a header line and at least one record.")
        line, _, self._rest = self._rest.partition(b"\n")
        if b"\r" in line[:-1]:
            raise SourceFileError(f"{self.name} ends its lines with bare carriage returns; save it with newlines.")
        try:
            found = next(csv.reader([line.decode("utf-8").rstrip("\r")], delimiter=self.contract.delimiter))
        except UnicodeDecodeError:
            raise SourceFileError(f"{self.name}, line 1: the header is not UTF-8; save the file as UTF-8.") from None
        return self._match_header([name.strip() for name in found])

    def _match_header(self, found: list[str]) -> tuple[str, ...]:
        known = {column.source.lower(): column.name for column in self.contract.columns}
        lowered = [name.lower() for name in found]
        missing = [column.source for column in self.contract.columns if column.source.lower() not in lowered]
        if missing:
            raise SourceFileError(
                f"{self.name}, line 1: column {', '.join(missing)} is missing; found {', '.join(found)}."
            )
        extra = [name for name in found if name.lower() not in known]
        if extra:
            raise SourceFileError(
                f"{self.name}, line 1: unexpected column {', '.join(extra)}; remove it from the file."
            )
        if len(set(lowered)) != len(lowered):
            raise SourceFileError(f"{self.name}, line 1: a column is named twice: {', '.join(found)}.")
        return tuple(known[name] for name in lowered)

    def blocks(self) -> Iterator[Block]:
        """The file's lines, block by block, in order."""
        first = 2
        for data in self._whole_lines():
            block = self._scan(data, first)
            first += len(block.numbers) + len(block.rejects)
            self.lines = first - 2
            yield block
        if self.lines == 0:
            raise SourceFileError(f"{self.name} has a header but no record; nothing was loaded.")

    def _whole_lines(self) -> Iterator[bytes]:
        """Chunks cut at newlines, with `\\r\\n` made `\\n`; the last line is ended where the file does not end it."""
        rest, self._rest = self._rest, b""
        for chunk in self._chunks:
            data = rest + chunk
            start = 0
            while len(data) - start >= BLOCK_BYTES:
                end = data.rfind(b"\n", start, start + BLOCK_BYTES) + 1 or data.find(b"\n", start + BLOCK_BYTES) + 1
                if not end:
                    break
                yield _plain_newlines(data[start:end])
                start = end
            rest = data[start:]
        if rest:
            yield _plain_newlines(rest if rest.endswith(b"\n") else rest + b"\n")

    def _scan(self, data: bytes, first: int) -> Block:
        if self._is_sound(data):
            return Block(data, range(first, first + data.count(b"\n")), [])
        good: list[bytes] = []
        numbers: list[int] = []
        rejects: list[Reject] = []
        for number, line in enumerate(data[:-1].split(b"\n"), start=first):
            reason = self._fault(line)
            if reason is None:
                good.append(line)
                numbers.append(number)
            else:
                rejects.append(Reject(number, line, reason))
        good.append(b"")
        return Block(b"\n".join(good), numbers, rejects)

    def _is_sound(self, data: bytes) -> bool:
        """Whether every line is surely sound; the price of a false 'no' is only a look at each line."""
        if b'"' in data or b"\r" in data or b"\0" in data:
            return False
        if not data.isascii() and not _is_utf8(data):
            return False
        if self._has_decimals and _may_have_many_decimals(data):
            return False
        # With all else deleted, sound lines are one and the same pattern of delimiters and a newline.
        separators = data.translate(None, self._not_separators)
        pattern = self._delimiter * (len(self.header) - 1) + b"\n"
        return separators == pattern * (len(separators) // len(pattern))

    def _is_plain(self, line: bytes) -> bool:
        """The same for one line, for the neighbours of an unsound one."""
        return (
            line.count(self._delimiter) == len(self.header) - 1
            and line.isascii()
            and b'"' not in line
            and b"\r" not in line
            and b"\0" not in line
            and not (self._has_decimals and _may_have_many_decimals(line))
        )

    def _fault(self, line: bytes) -> str | None:
        """Why a line cannot be loaded; None where it can, as far as its structure tells."""
        if self._is_plain(line):
            return None
        if not line:
            return "empty line"
        if b"\0" in line:
            return "holds a NUL byte"
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            return f"not UTF-8: byte 0x{line[error.start]:02x} at position {error.start + 1}"
        if "\r" in text:
            return "holds a bare carriage return"
        try:
            fields = next(csv.reader([text], delimiter=self.contract.delimiter, strict=True))
        except csv.Error:
            return "a quote is not closed or stands in the middle of a field"
        if len(fields) != len(self.header):
            return f"expected {len(self.header)} fields, found {len(fields)}"
        return self._excess_digits(fields) if _may_have_many_decimals(line) else None

    def _excess_digits(self, fields: list[str]) -> str | None:
        columns = {column.name: column for column in self.contract.columns}
        for name, value in zip(self.header, fields, strict=True):
            digits = decimal_digits(columns[name].type)
            if digits is None:
                continue
            try:
                number = Decimal(value)
                noise = abs(number - round(number, digits[1]))
            except (InvalidOperation, ValueError):
                continue  # not a number: the engine says so, in its own words
            if noise > NOISE:
                return f"{columns[name].source} is {value}, which has more than {digits[1]} decimals"
        return None


def raw_lines(contract: FileContract, name: str, chunks: Iterable[bytes], numbers: set[int]) -> dict[int, bytes]:
    """The bytes of some lines of a file, by number, for rejecting a line that only a whole-file rule found."""
    found: dict[int, bytes] = {}
    for block in Scanner(contract, name, chunks).blocks():
        lines = zip(block.numbers, block.data.split(b"\n"), strict=False)
        found.update({number: line for number, line in lines if number in numbers})
    return found


def _plain_newlines(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n") if b"\r" in data else data


def _may_have_many_decimals(data: bytes) -> bool:
    shape = data.translate(_DIGITS_TO_ZERO)
    return b".000" in shape or b"0e" in shape


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
