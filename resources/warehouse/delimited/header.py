"""The first line of a delimited file, and what a file is where that line is none: refused in one sentence."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from tributary.resources.warehouse.delimited.contract import FileColumn, FileContract, SourceFileError

LONGEST_HEADER = 1 << 20
_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip (or is a workbook)",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x1f\x9d": "compress",
    b"Rar!": "rar",
}
_OTHER = {b"PAR1": "a Parquet file", b"\xd0\xcf\x11\xe0": "an Excel workbook", b"%PDF": "a PDF", b"<": "HTML or XML"}
_UTF16 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DELIMITERS = {",": "commas", ";": "semicolons (;)", "\t": "tabs", "|": "bars (|)"}
_COMMENTS = ("#", "//", "--", "%")
_QUOTES = ' \t\ufeff"'


def refuse_other_formats(name: str, beginning: bytes) -> None:
    """Refuse a file whose first bytes say that it is no text in UTF-8.

    Raises:
        SourceFileError: it is compressed, of another format, or in another encoding.
    """
    for magic, method in _COMPRESSED.items():
        if beginning.startswith(magic):
            raise SourceFileError(f"{name} is compressed with {method}; unpack it, and put the text file in its place.")
    text = beginning.removeprefix(codecs.BOM_UTF8).lstrip()
    for magic, kind in _OTHER.items():
        if text.startswith(magic):
            raise SourceFileError(f"{name} is {kind}, not delimited text; export it as CSV in UTF-8.")
    if beginning.startswith(_UTF16) or b"\0" in beginning.partition(b"\n")[0]:
        raise SourceFileError(f"{name} is not UTF-8 text but looks like UTF-16 or binary; save it as UTF-8.")


def read_header(contract: FileContract, name: str, line: bytes) -> Sequence[FileColumn]:
    """The contract's columns in the file's order, by its first line.

    Names are compared without blanks and quotes around them, in any case.

    Raises:
        SourceFileError: the line names other columns than the contract, or is no header.
    """
    try:
        text = line.decode("utf-8").rstrip("\r")
    except UnicodeDecodeError:
        raise SourceFileError(f"{name}, line 1: the header is not UTF-8; save the file as UTF-8.") from None
    wanted = ", ".join(column.source for column in contract.columns)
    if not text.strip():
        raise SourceFileError(f"{name}, line 1 is blank; the header must be the first line: {wanted}.")
    found = _names(text, contract.delimiter)
    known = {column.source.lower(): column for column in contract.columns}
    if not known.keys() & {one.lower() for one in found}:
        _refuse_no_header(name, text, contract, known.keys(), wanted)
    _refuse_other_columns(name, found, contract)
    return [known[one.lower()] for one in found]


def _names(text: str, delimiter: str) -> list[str]:
    return [one.strip().strip(_QUOTES) for one in next(csv.reader([text], delimiter=delimiter))]


def _refuse_no_header(name: str, text: str, contract: FileContract, known: AbstractSet[str], wanted: str) -> None:
    """Say what a line is that has none of the columns."""
    for other, words in _DELIMITERS.items():
        if other != contract.delimiter and {one.lower() for one in _names(text, other)} & known:
            ours = _DELIMITERS[contract.delimiter]
            raise SourceFileError(f"{name}, line 1: the fields are separated by {words}; save it with {ours} instead.")
    shown = text if len(text) <= 100 else f"{text[:100]}…"
    if text.lstrip().startswith(_COMMENTS):
        raise SourceFileError(f"{name}, line 1 is a comment ({shown}); the header must be the first line: {wanted}.")
    raise SourceFileError(f"{name}, line 1 is no header but {shown!r}; the first line must name the columns {wanted}.")


def _refuse_other_columns(name: str, found: Sequence[str], contract: FileContract) -> None:
    lowered = [one.lower() for one in found]
    shown = ", ".join(one or "(no name)" for one in found)
    missing = [column.source for column in contract.columns if column.source.lower() not in lowered]
    if missing:
        raise SourceFileError(f"{name}, line 1: column {', '.join(missing)} is missing; found {shown}.")
    if "" in found:
        place = found.index("") + 1
        hint = "; a table saved with its index has such a first column" if place == 1 else ""
        raise SourceFileError(f"{name}, line 1: column {place} has no name; remove it from the file{hint}.")
    known = {column.source.lower() for column in contract.columns}
    extra = [one for one in found if one.lower() not in known]
    if extra:
        raise SourceFileError(f"{name}, line 1: unexpected column {', '.join(extra)}; remove it from the file.")
    twice = sorted({one for one in found if lowered.count(one.lower()) > 1})
    if twice:
        raise SourceFileError(f"{name}, line 1: column {', '.join(twice)} is named twice; found {shown}.")
