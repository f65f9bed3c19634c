"""Builds a write's rows in a table aside: from a SELECT by the engine, from Arrow and from files by ourselves.

The table aside has the very schema of the one that will take its files.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc

from tributary.resources.warehouse.arrow import arrow_schema
from tributary.resources.warehouse.base import Batches, Delimited, Select, Source
from tributary.resources.warehouse.counting import Reckoning
from tributary.resources.warehouse.delimited.contract import SOURCE_LINE, DerivedColumn, SourceFileError
from tributary.resources.warehouse.delimited.scan import DUPLICATE, Reject, raw_records
from tributary.resources.warehouse.engine import Built
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.iceberg.delimited_rows import DelimitedRows
from tributary.resources.warehouse.iceberg.tables import Aside
from tributary.resources.warehouse.iceberg.types import sql_type
from tributary.resources.warehouse.iceberg.values import quote
from tributary.resources.warehouse.iceberg.windows import listed, typed
from tributary.resources.warehouse.table import Column, Table, quoted

CHUNK_BYTES = 128 << 20
"""Bytes of Arrow that become a file at a time."""

SHOWN_REASONS = 10

Run = Callable[[str], list[dict[str, Any]]]
"""Runs one statement."""

MakeAside = Callable[[tuple[Column, ...]], Aside]
"""Makes another table aside, of columns of its own."""


def build(run: Run, table: Table, source: Source, aside: Aside, condition: str, make_aside: MakeAside) -> Built:
    """Fill `aside` with the rows of a source; of a SELECT, with those that a condition leaves, where there is one.

    Raises:
        WarehouseError: the source's rows have other columns than the table.
        SourceFileError: a file cannot be read as its contract says.
    """
    if isinstance(source, Select):
        insert(run, table, aside, typed(table, source.sql, condition))
        return Built(aside.relation, source.sql)
    if isinstance(source, Batches):
        content = append(aside, table, iter(source.batches))
        reckoning = source.reckon() if source.reckon else Reckoning(0)
        return Built(aside.relation, f"-- {table.key} from Arrow, as Parquet", reckoning, content=content)
    return _from_file(run, table, source, aside, make_aside)


def insert(run: Run, table: Table, aside: Aside, select: str) -> None:
    """Let the engine write the rows of a SELECT, whose columns are the table's in its order."""
    # By name, as a table aside has its columns in the order of the table that it is made for.
    names = listed(table.column_names)
    run(f"INSERT INTO {aside.relation} ({names}) SELECT {names} FROM ({select}) AS i")


def append(aside: Aside, table: Table, batches: Iterator[pa.RecordBatch]) -> str:
    """Write record batches as Parquet; a digest of the rows, in their order, and of their declaration.

    Raises:
        WarehouseError: the batches do not have the table's columns.
    """
    digest = hashlib.blake2b(repr((table.undocumented, table.deduplicate)).encode(), digest_size=20)
    names = list(table.column_names)
    options = pc.WriteOptions(include_header=False, quoting_style="needed")

    def checked() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if set(batch.schema.names) != set(names):
                raise WarehouseError(
                    f"{table.key} was given the columns {', '.join(batch.schema.names)}; "
                    f"it declares {', '.join(names)}."
                )
            found = batch.select(names)
            text = io.BytesIO()
            pc.write_csv(found, text, options)
            digest.update(text.getbuffer())
            yield found

    write(aside, arrow_schema(table), checked())
    return digest.hexdigest()


def write(aside: Aside, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """Write record batches as Parquet, in bounded memory and one commit."""
    with aside.table.transaction() as transaction:
        held: list[pa.Table] = []
        size = 0
        for batch in batches:
            held.append(pa.Table.from_batches([batch]).cast(schema))
            size += held[-1].nbytes
            if size >= CHUNK_BYTES:
                transaction.append(pa.concat_tables(held))
                held, size = [], 0
        if held:
            transaction.append(pa.concat_tables(held))


def _from_file(run: Run, table: Table, source: Delimited, aside: Aside, make_aside: MakeAside) -> Built:
    contract = source.contract
    columns = tuple(Column(one.name, one.type, one.description) for one in contract.columns)
    lined = (*columns, Column(SOURCE_LINE, "bigint", "Line of the file."))
    fields = make_aside(lined)
    rows = DelimitedRows(source)
    write(fields, arrow_schema(Table("staged", "fields", lined)), rows.batches())
    relation = fields.relation
    if contract.derived:
        derived = ", ".join(f"{_derived_sql(one)} AS {quoted(one.name)}" for one in contract.derived)
        relation = f"(SELECT *, {derived} FROM {fields.relation})"
    broken = _broken(source)
    rejects = [*rows.rejects, *_against_rules(run, source, relation, broken)] if broken else list(rows.rejects)
    good = f"(SELECT * FROM {relation} AS d WHERE ({broken}) IS NULL)" if broken else relation
    repeats: list[Reject] = []
    if contract.key:
        repeats = _repeats(run, source, good)
        rejects += repeats
        key = listed(contract.key)
        first = f"min({SOURCE_LINE}) OVER (PARTITION BY {key}) AS first_line_"
        good = f"(SELECT * FROM (SELECT *, {first} FROM {good} AS g) AS f WHERE first_line_ = {SOURCE_LINE})"
    insert(run, table, aside, typed(table, f"SELECT * FROM {good} AS l"))
    if not sum(file.record_count for file in aside.files()):
        raise _nothing_loaded(table, source, rows.records, rejects)
    read = rows.records if source.lines is None else source.lines - 1 - rows.more_lines
    reasons = Counter(reject.reason for reject in rejects if reject.reason != DUPLICATE)
    reckoning = Reckoning(read, reasons.total(), dict(reasons.most_common(SHOWN_REASONS)))
    duplicates = sum(reject.reason == DUPLICATE for reject in repeats)
    return Built(aside.relation, f"-- {table.key} from a file, as Parquet", reckoning, rejects, duplicates)


def _derived_sql(column: DerivedColumn) -> str:
    value = column.expression
    if column.days_since is not None:
        value = f"date_add('day', CAST({value} AS bigint), DATE '{column.days_since}')"
    return f"TRY(CAST({value} AS {sql_type(column.type)}))"


def _broken(source: Delimited) -> str:
    """The name of the first rule that a record breaks, by their names; null where it breaks none."""
    cases = [
        f"WHEN NOT ({rule.condition}) THEN {quote(rule.name)}"
        for rule in sorted(source.contract.rules, key=lambda one: one.name)
    ]
    return f"CASE {' '.join(cases)} END" if cases else ""


def _against_rules(run: Run, source: Delimited, relation: str, broken: str) -> list[Reject]:
    query = f"SELECT {SOURCE_LINE} AS line, {broken} AS rule FROM {relation} AS d WHERE ({broken}) IS NOT NULL"
    found = {row["line"]: row["rule"] for row in run(query)}
    reasons = {rule.name: rule.reason for rule in source.contract.rules}
    raw = _raw(source, set(found))
    return [Reject(line, raw[line], reasons[rule]) for line, rule in found.items()]


def _repeats(run: Run, source: Delimited, good: str) -> list[Reject]:
    """The later records of each key."""
    key = source.contract.key
    values = [column.name for column in source.contract.columns if column.name not in key]
    same = " AND ".join(f"p.{quoted(name)} IS NOT DISTINCT FROM f.{quoted(name)}" for name in values) or "true"
    first = f"min({SOURCE_LINE}) OVER (PARTITION BY {listed(key)}) AS first_line_"
    rows = run(
        f"SELECT p.{SOURCE_LINE} AS line, p.first_line_ AS first, ({same}) AS same "
        f"FROM (SELECT *, {first} FROM {good} AS g) AS p JOIN {good} AS f ON f.{SOURCE_LINE} = p.first_line_ "
        f"WHERE p.first_line_ < p.{SOURCE_LINE}"
    )
    raw = _raw(source, {row["line"] for row in rows})
    other = f"repeats the {', '.join(key)} of an earlier line, with other values"
    return [
        Reject(row["line"], raw[row["line"]], DUPLICATE if row["same"] else other, f"line {row['first']}")
        for row in rows
    ]


def _raw(source: Delimited, lines: set[int]) -> dict[int, bytes]:
    return raw_records(source.contract, source.name, source.open(), lines) if lines else {}


def _nothing_loaded(table: Table, source: Delimited, records: int, rejects: list[Reject]) -> SourceFileError:
    first = min(rejects)
    detail = f" ({first.detail})" if first.detail and not table.is_private else ""
    return SourceFileError(
        f"{source.name}: none of its {records:,} records could be loaded; line {first.line}: {first.reason}{detail}."
    )
