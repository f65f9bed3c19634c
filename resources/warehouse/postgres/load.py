"""Loads a delimited file into a relation built aside, by COPY; lines that the server refuses are set aside.

The scanner sends only what fits the columns' types, each record as one line of COPY's text format. The few values that
the server alone can refuse (a day that its month does not have) it skips itself (ON_ERROR). A line that breaks a rule
fails its COPY, so there are two ways: `at once`, the whole file in one COPY (a large one in several at a time), or,
where that failed, `in blocks`, each a COPY of its own under a savepoint, and of a failed block ever smaller pieces
until the line stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from tributary.resources.warehouse.base import Delimited
from tributary.resources.warehouse.delimited.contract import (
    SOURCE_LINE,
    DerivedColumn,
    FileContract,
    SourceFileError,
)
from tributary.resources.warehouse.delimited.scan import DUPLICATE, Block, Reject, Scanner, raw_records
from tributary.resources.warehouse.postgres.copies import notices, send, send_shared
from tributary.resources.warehouse.postgres.relations import part_sql
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.prefetch import prefetch
from tributary.resources.warehouse.table import quoted
from tributary.resources.warehouse.types import postgres_type

_LINE = re.compile(r", line (\d+)")
PIECE_LINES = 512

SHARED_LINES = 500_000
"""A file of so many lines is shared out: below, what the sessions cost beside is more than they save."""


@dataclass
class Loaded:
    """What came of a file: its records, rows loaded, and those set aside.

    `more_lines` are lines that no record begins in; `duplicates`, of `rejects`, say what an earlier record says.
    """

    records: int = 0
    rows: int = 0
    more_lines: int = 0
    duplicates: int = 0
    rejects: list[Reject] = field(default_factory=list)


def is_shared_out(source: Delimited) -> bool:
    """Whether a file is large enough for several sessions to load it."""
    return source.lines is not None and source.lines >= SHARED_LINES


def create_part(session: Session, contract: FileContract, part: str) -> None:
    """The relation to load into: derived columns are generated, and rules are constraints, while it loads."""
    definitions = [f"{quoted(column.name)} {postgres_type(column.type)}" for column in contract.columns]
    definitions += [
        f"{quoted(column.name)} {postgres_type(column.type)} GENERATED ALWAYS AS ({derived_sql(column)}) STORED"
        for column in contract.derived
    ]
    if contract.key:
        definitions.append(f"{quoted(SOURCE_LINE)} bigint")
    definitions += [f"CONSTRAINT {quoted(rule.name)} CHECK ({rule.condition})" for rule in contract.rules]
    session.execute(f"CREATE TABLE {part_sql(part)} ({', '.join(definitions)})")


def derived_sql(column: DerivedColumn) -> str:
    """Days are added to a date as a number, which costs half of what an interval does."""
    return column.expression if column.days_since is None else f"date '{column.days_since}' + ({column.expression})"


def load_file(session: Session, source: Delimited, part: str, *, at_once: bool, private: bool = False) -> Loaded:
    """Load the file into `part`, which `create_part` made in the same transaction, or, of a file that is shared out and
    loaded at once, in one that has ended.

    Of a `private` file no value is shown in what is raised.

    Raises:
        psycopg.DataError, psycopg.IntegrityError: at once, a line broke a rule; the transaction must be given up, and
            the file loaded in blocks.
        SourceFileError: the file cannot be read as its contract says, or none of its records could be loaded.
    """
    scanner = Scanner(source.contract, source.name, source.open())
    copier = _Copier(session, source.contract, scanner.header, part)
    # Closed here and not when it is collected, so that a COPY that failed leaves no scan running under the next one.
    with closing(prefetch(scanner.blocks())) as blocks:
        if at_once:
            loaded = _load_at_once(copier, source, blocks)
        else:
            loaded = Loaded()
            for block in blocks:
                loaded.rejects += block.rejects
                if block.numbers:
                    loaded.rows += copier.copy(block, loaded.rejects)
    loaded.records, loaded.more_lines = scanner.records, scanner.more_lines
    if source.contract.key:
        repeated = _take_out_repeats(session, source, part)
        loaded.rows -= len(repeated)
        loaded.rejects += repeated
        loaded.duplicates = sum(reject.reason == DUPLICATE for reject in repeated)
    if not loaded.rows:
        first = min(loaded.rejects)
        detail = f" ({first.detail})" if first.detail and not private else ""
        raise SourceFileError(
            f"{source.name}: none of its {loaded.records:,} records could be loaded; "
            f"line {first.line}: {first.reason}{detail}."
        )
    _finish_part(session, source.contract, part)
    return loaded


def _load_at_once(copier: _Copier, source: Delimited, blocks: Iterator[Block]) -> Loaded:
    """The whole file in one COPY, whose rows are frozen (to any snapshot they are old rows), or a large one in several.

    Frozen rows pass by the log, but only in the transaction that made their relation, which no other session sees.
    """
    way, freeze = (send_shared, False) if is_shared_out(source) else (send, True)
    sent = way(copier.session, copier.statement(freeze=freeze), copier.encoded, blocks)
    raw = raw_records(source.contract, source.name, source.open(), set(sent.skipped)) if sent.skipped else {}
    skipped = [Reject(line, raw[line], *copier.typed_reason(notice)) for line, notice in sent.skipped.items()]
    return Loaded(rows=sent.rows, rejects=sent.rejects + skipped)


class _Copier:
    def __init__(self, session: Session, contract: FileContract, header: Sequence[str], part: str) -> None:
        self.session = session
        self._contract = contract
        self._reasons = {rule.name: rule.reason for rule in contract.rules}
        names = [*header, SOURCE_LINE] if contract.key else header
        self._options = ["FORMAT text", "NULL ''", "ON_ERROR ignore", "LOG_VERBOSITY verbose"]
        self._options.append(f"DELIMITER {sql.Literal(contract.delimiter).as_string()}")
        columns = ", ".join(quoted(name) for name in names)
        self._into = f"{part_sql(part)} ({columns})"

    def statement(self, *, freeze: bool) -> str:
        """The COPY, of which a frozen one may stand in no savepoint."""
        options = ["FREEZE", *self._options] if freeze else self._options
        return f"COPY {self._into} FROM STDIN WITH ({', '.join(options)})"

    def encoded(self, block: Block) -> bytes:
        """What is sent of a block."""
        return self._numbered(block.data, block.numbers)

    def _numbered(self, data: bytes, numbers: Sequence[int]) -> bytes:
        """The lines with their numbers as a last field, where the table keeps them."""
        if not self._contract.key:
            return data
        delimiter = self._contract.delimiter.encode()
        lines = zip(data.split(b"\n"), numbers, strict=False)
        return b"".join(b"%b%b%d\n" % (line, delimiter, number) for line, number in lines)

    def copy(self, block: Block, rejects: list[Reject]) -> int:
        """Load a block, appending to `rejects` what the server refuses; the number of rows loaded."""
        lines, raws = block.data.split(b"\n")[:-1], block.raws()
        try:
            return self._attempt(lines, raws, block.numbers, rejects)
        except (psycopg.DataError, psycopg.IntegrityError):
            # The savepoint has undone the block; its pieces tell which line it was.
            pass
        pieces = (slice(start, start + PIECE_LINES) for start in range(0, len(lines), PIECE_LINES))
        return sum(self._pieces(lines[one], raws[one], block.numbers[one], rejects) for one in pieces)

    def _pieces(
        self, lines: Sequence[bytes], raws: Sequence[bytes], numbers: Sequence[int], rejects: list[Reject]
    ) -> int:
        """Load a few lines, setting aside each that fails its COPY."""
        loaded = 0
        while lines:
            try:
                return loaded + self._attempt(lines, raws, numbers, rejects)
            except (psycopg.DataError, psycopg.IntegrityError) as error:
                bad = _line_of(error)
                reason = self._reasons.get(error.diag.constraint_name or "") or error.diag.message_primary or str(error)
                if bad:
                    loaded += self._attempt(lines[:bad], raws[:bad], numbers[:bad], rejects)
                rejects.append(Reject(numbers[bad], raws[bad], reason))
                lines, raws, numbers = lines[bad + 1 :], raws[bad + 1 :], numbers[bad + 1 :]
        return loaded

    def _attempt(
        self, lines: Sequence[bytes], raws: Sequence[bytes], numbers: Sequence[int], rejects: list[Reject]
    ) -> int:
        skipped: list[tuple[int, str]] = []
        session = self.session
        with session.transaction(), notices(session, skipped), session.copy_in(self.statement(freeze=False)) as copy:
            copy.write(self._numbered(b"\n".join(lines) + b"\n", numbers))
        rejects += [Reject(numbers[at], raws[at], *self.typed_reason(notice)) for at, notice in skipped]
        return len(numbers) - len(skipped)

    def typed_reason(self, notice: str) -> tuple[str, str]:
        """Why the server skipped a line, in the source's own names, and the value."""
        name, _, value = notice.partition("\0")
        column = next(column for column in self._contract.columns if column.name == name)
        return f"{column.source} is not a valid {column.type}", value


def _line_of(error: psycopg.Error) -> int:
    match = _LINE.search(error.diag.context or "")
    if match is None:
        raise error
    return int(match[1]) - 1


def _take_out_repeats(session: Session, source: Delimited, part: str) -> list[Reject]:
    """Delete the later lines of each key, and give them back as rejects."""
    key = ", ".join(quoted(name) for name in source.contract.key)
    values = ", ".join(f"p.{quoted(column.name)}" for column in source.contract.columns)
    repeats = session.rows(
        f"""
        DELETE FROM {part_sql(part)} AS p USING (
            SELECT {SOURCE_LINE}, min({SOURCE_LINE}) OVER (PARTITION BY {key}) AS first FROM {part_sql(part)}
        ) AS n, {part_sql(part)} AS f
        WHERE n.{SOURCE_LINE} = p.{SOURCE_LINE} AND n.first < n.{SOURCE_LINE} AND f.{SOURCE_LINE} = n.first
        RETURNING p.{SOURCE_LINE} AS line, n.first AS first,
            ROW({values}) IS NOT DISTINCT FROM ROW({values.replace('p."', 'f."')}) AS same
        """
    )
    if not repeats:
        return []
    raw = raw_records(source.contract, source.name, source.open(), {row["line"] for row in repeats})
    other = f"repeats the {', '.join(source.contract.key)} of an earlier line, with other values"
    return [
        Reject(row["line"], raw[row["line"]], DUPLICATE if row["same"] else other, f"line {row['first']}")
        for row in repeats
    ]


def _finish_part(session: Session, contract: FileContract, part: str) -> None:
    """Turn the loading aids into plain columns, which a partition must have."""
    steps = [f"ALTER COLUMN {quoted(column.name)} DROP EXPRESSION" for column in contract.derived]
    steps += [f"DROP CONSTRAINT {quoted(rule.name)}" for rule in contract.rules]
    if steps:
        session.execute(f"ALTER TABLE {part_sql(part)} {', '.join(steps)}")
