"""A session of one table on Iceberg: what `EngineSession` asks for, over the modules beside this one.

A write looks at the table once, when it begins. Its commit holds only where nobody has committed since, so that what
was found of the rows that stand is true when it lands; else the write is begun again. Writers on one machine take turns
beside that, so that they seldom build in vain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from pyiceberg.manifest import DataFile
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table as IcebergTable

from tributary.resources.warehouse.base import Batches, Note, Select, Source
from tributary.resources.warehouse.checks import Sql
from tributary.resources.warehouse.engine import Built, EngineSession, Known, MadeWay, Records
from tributary.resources.warehouse.errors import OvertakenError, WarehouseError
from tributary.resources.warehouse.iceberg import evolving, notes, records, tables, views
from tributary.resources.warehouse.iceberg.access import Access
from tributary.resources.warehouse.iceberg.building import build, insert
from tributary.resources.warehouse.iceberg.lists import Lists, one_of
from tributary.resources.warehouse.iceberg.types import has_columns, iceberg_schema, partitions
from tributary.resources.warehouse.iceberg.under_way import Kept, UnderWay
from tributary.resources.warehouse.iceberg.windows import (
    bound,
    first_of_each,
    listed,
    not_later,
    owned,
    same_key,
    typed,
)
from tributary.resources.warehouse.ledger import LEDGER
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.windows import Keys, Window


class IcebergSession(EngineSession):
    """One table in one session."""

    def __init__(self, access: Access, table: Table) -> None:
        self.table = table
        self._access = access
        self._catalogue = access.catalogue
        self._write: UnderWay | None = None
        self._lists: Lists | None = None
        self._kept: Kept | None = None
        self._overtaken = False
        self._view = ""

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        return self._access.rows(sql, params)

    def owned(self, window: Window) -> Sql:
        return owned(self.table, window, self._lists)

    def is_any(self, column: str, values: Collection[str]) -> str:
        return one_of(f"CAST({column} AS varchar)", sorted(values), self._lists)

    def is_current(self) -> bool:
        if self.table.kind == "view":
            return views.has_columns(self._access, self.table)
        found = self._standing()
        return found is not None and has_columns(found.schema(), self.table)

    def note(self) -> Note | None:
        found = views.noted(self._access, self.table.key) if self.table.kind == "view" else self._noted()
        return None if found is None else found.note

    def renew_note(self, note: Note) -> None:
        if self.table.kind == "view":
            views.renew(self._access, self.table, note)
            return
        table = self._standing()
        found = None if table is None else notes.noted(table)
        if table is None or found is None:
            return
        with tables.overtaking(self.table.key):
            transaction = table.transaction()
            tables.swap(transaction, (), (), {notes.KEY: found.renewed(note).text()})
            transaction.commit_transaction()

    def versions(self, names: Collection[str]) -> Mapping[str, str | None]:
        return views.versions(self._access, names)

    def describe(self) -> None:
        if self.table.kind == "view":
            views.describe(self._access, self.table)
            return
        table = tables.find(self._catalogue, self.table.key)
        if table is None or not has_columns(table.schema(), self.table):
            return
        transaction = table.transaction()
        had = transaction.table_metadata
        evolving.evolve(transaction, self.table)
        if transaction.table_metadata != had:
            with suppress(OvertakenError), tables.overtaking(self.table.key):  # whoever was before describes it too
                transaction.commit_transaction()

    def size(self) -> int:
        found = None if self.table.kind == "view" else tables.find(self._catalogue, self.table.key)
        return 0 if found is None else tables.total(found, "total-files-size")

    def has(self, name: str) -> bool:
        return tables.find(self._catalogue, name) is not None

    def put(
        self, name: str, owned: Mapping[str, str | Sequence[str]], columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        records.put(self._catalogue, name, owned, columns, rows)

    def records(
        self,
        name: str,
        owned: Mapping[str, str | Sequence[str]],
        columns: Sequence[str],
        *,
        but: Mapping[str, str] | None = None,
        most: int | None = None,
    ) -> list[dict[str, Any]]:
        return records.found(self._catalogue, name, owned, columns, but or {}, most)

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        with self._access.turns.take(name):
            yield

    @contextmanager
    def writing(self, window: Window | None) -> Iterator[str]:
        self._access.prepare()
        tables.ensure_namespace(self._catalogue, self.table.schema)
        with self._access.turns.take(self.table.key):
            if self.table.kind == "view":
                yield ""
                return
            migrated = "" if window is None or isinstance(window, Keys) else self._migrate(window)
            self._write = write = self._begin()
            self._lists = Lists(self._catalogue, write.location)
            try:
                yield migrated
            except OvertakenError:
                self._overtaken = True
                self._clear(write, but=self._kept.aside if self._kept else None)
                raise
            except BaseException:
                self._clear(write)
                raise
            finally:
                self._lists.close()
                self._write = self._lists = None

    def _begin(self) -> UnderWay:
        base = tables.find(self._catalogue, self.table.key)
        if base is None:
            # The catalogue lets no table take a view's name: what stands there is asked where it has refused one.
            if self._overtaken and views.exists(self._access, self.table.key):
                raise WarehouseError(
                    f"{self.table.key} is a view in the warehouse, and is to be a table: drop the view."
                )
            schema = iceberg_schema(self.table.columns)
            where = tables.new_location(self._catalogue, self.table)
            return UnderWay(None, where, schema, partitions(self.table, schema), None, [])
        transaction = base.transaction()
        schema = evolving.evolve(transaction, self.table)
        return UnderWay(base, base.location(), schema, base.spec(), transaction, [])

    def _clear(self, write: UnderWay, but: tables.Aside | None = None) -> None:
        for aside in write.aside:
            if write.committed:
                tables.forget(self._catalogue, aside)
            elif aside is not but:
                tables.destroy(self._catalogue, aside)

    @contextmanager
    def _committing(self, write: UnderWay) -> Iterator[None]:
        """The commit: its files are the table's from here on, unless it is sure that others were before."""
        write.committed = True
        kept, self._kept = self._kept, None
        try:
            with tables.overtaking(self.table.key):
                yield
        except OvertakenError:
            write.committed, self._kept = False, kept
            raise

    def build(self, source: Source, window: Window | None) -> Built:
        if self.table.kind == "view":
            select = typed(self.table, source.sql)  # type: ignore[union-attr]  # a view is made of a SELECT
            self._view = select
            return Built(f"(\n{select.replace('%', '%%')}\n)", select)
        write = self._begun
        if self._kept is not None and self._kept.source is source:
            write.built = self._again(self._kept)
            built = replace(self._kept.built, relation=write.built.relation)
        else:
            write.built = self._aside(write.schema, write.spec)
            only = bound(self.owned(window)) if window is not None and isinstance(source, Select) else ""
            built = build(self.rows, self.table, source, write.built, only, self._of_columns)
            if isinstance(source, Batches):
                self._kept = Kept(source, built, write.built, write.files())
        return replace(built, duplicates=built.duplicates + self._keep_first(write.built))

    def known(self) -> Known | None:
        return None if self._write is None or self._write.built is None else self._write.known()

    def has_as_many(self, built: Built, window: Window, standing: str) -> bool:
        known = self.known()
        if known is None or self.table.deduplicate is not None:
            return super().has_as_many(built, window, standing)
        return known.rows == sum(self._owned_files(standing, window).values())

    def first_built(self, most: int) -> list[dict[str, Any]] | None:
        return None if self._write is None or self._write.built is None else self._write.first(most)

    def standing(self, window: Window, looked_up: Collection[Sequence[str]]) -> str | None:  # noqa: ARG002 - no indexes
        return self._stands()

    def _stands(self) -> str | None:
        base = self._begun.base
        if base is None:
            return None
        if not has_columns(base.schema(), self.table):
            raise WarehouseError(
                f"{self.table.key} was given other columns meanwhile, by a writer of other code; reload the "
                "definitions and run it again."
            )
        snapshot = base.current_snapshot()
        return None if snapshot is None else f"{self.table.sql_name} FOR VERSION AS OF {snapshot.snapshot_id}"

    def make_way(self, window: Window, *, remember: bool) -> MadeWay:
        write, stands = self._begun, self._stands()
        assert write.built is not None and stands is not None  # noqa: S101, PT018 - rows were built, and rows stand
        new, mine = write.built, bound(self.owned(window))
        rest = f"(SELECT * FROM {stands} WHERE NOT coalesce({mine}, false))"
        gone, beaten = f"coalesce({mine}, false)", 0
        rule = self.table.deduplicate
        if rule is not None:
            met = f"FROM {rest} AS old_ WHERE {same_key(rule, 'old_', 'new_')} AND {not_later(rule, 'old_', 'new_')}"
            lost = f"EXISTS (SELECT 1 {met})"
            beaten = self._only(
                new, f"SELECT {listed(self.table.column_names)} FROM {new.relation} AS new_ WHERE NOT {lost}", lost
            )
            keys = f"EXISTS (SELECT 1 FROM {new.relation} AS new_ WHERE {same_key(rule, 'old_', 'new_')})"
            gone = f"({gone} OR {keys})"
        write.gone = gone
        if rule is None:
            write.touched = self._owned_files(stands, window)
            deleted = sum(write.touched.values())
        else:
            query = f'"$path" AS path, count(*) AS n, count(*) FILTER (WHERE {mine}) AS mine FROM {stands} AS old_'
            found = self.rows(f'SELECT {query} WHERE {gone} GROUP BY "$path"')
            write.touched = {row["path"]: row["n"] for row in found}
            deleted = sum(row["mine"] for row in found)
        staying = f"(SELECT * FROM {stands} AS old_ WHERE NOT {gone})".replace("%", "%%")
        went = f"(SELECT * FROM {stands} AS old_ WHERE {gone})" if remember or isinstance(window, Keys) else ""
        return MadeWay(staying, deleted, beaten, sum(write.touched.values()) - deleted, gone=went)

    def _owned_files(self, stands: str, window: Window) -> Mapping[str, int]:
        """The files of the table that have rows of the window, and how many; looked for once in a write."""
        write = self._begun
        if write.owned is None:
            query = f'SELECT "$path" AS path, count(*) AS n FROM {stands} WHERE {bound(self.owned(window))}'
            write.owned = {row["path"]: row["n"] for row in self.rows(f'{query} GROUP BY "$path"')}
        return write.owned

    def publish(self, window: Window | None, note: Note, changed: int, records: Records) -> None:  # noqa: ARG002
        if self.table.kind == "view":
            views.publish(self._access, self.table, self._view, note)
            records.write()
            return
        write = self._begun
        assert write.built is not None  # noqa: S101 - rows were built
        noted = notes.new_note(note, write.schema.schema_id)
        properties = {notes.KEY: noted.text()}
        come = write.files()
        if write.base is None:
            records.announce()
            self._create(write, come, properties)
        else:
            gone, survivors = self._giving_way(write, window)
            records.announce()
            assert write.transaction is not None  # noqa: S101 - the table is there
            tables.swap(write.transaction, gone, [*come, *survivors], properties)
            with self._committing(write):
                write.transaction.commit_transaction()
        for aside in write.aside:
            tables.forget(self._catalogue, aside)
        views.record_publication(self._access, self.table, noted)
        records.write()

    def discard(self) -> None:
        if self.table.kind != "view":
            self._clear(self._begun)

    def tidy(self) -> None:
        self._access.tidy()

    def end(self) -> None:
        """Take away what was kept for another try that was not made."""
        if self._kept is not None:
            tables.destroy(self._catalogue, self._kept.aside)

    @property
    def _begun(self) -> UnderWay:
        assert self._write is not None  # noqa: S101 - `writing` has begun
        return self._write

    def _standing(self) -> IcebergTable | None:
        return self._write.base if self._write is not None else tables.find(self._catalogue, self.table.key)

    def _noted(self) -> notes.Noted | None:
        found = self._standing()
        return None if found is None else notes.noted(found)

    def _aside(self, schema: Schema, spec: PartitionSpec) -> tables.Aside:
        made = tables.make_aside(self._catalogue, self._begun.location, schema, spec)
        self._begun.aside.append(made)
        return made

    def _of_columns(self, columns: tuple[Column, ...]) -> tables.Aside:
        return self._aside(iceberg_schema(columns), PartitionSpec())

    def _keep_first(self, aside: tables.Aside) -> int:
        rule = self.table.deduplicate
        if rule is None:
            return 0
        first = first_of_each(rule, aside.relation, self.table.column_names)
        return self._only(aside, first, "")

    def _only(self, aside: tables.Aside, select: str, lost: str) -> int:
        """Let a table aside have only the rows of a SELECT of its own; how many it lost. Nothing is written for none.

        `lost` is the condition, on rows `new_`, of those that go, where that is quicker to count.
        """
        if lost:
            dropped = int(self.rows(f"SELECT count(*) AS c FROM {aside.relation} AS new_ WHERE {lost}")[0]["c"])
        else:
            had = sum(file.record_count for file in aside.files())
            dropped = had - int(self.rows(f"SELECT count(*) AS c FROM ({select}) AS k")[0]["c"])
        if dropped:
            left = self._aside(aside.table.schema(), aside.table.spec())
            insert(self.rows, self.table, left, select)
            self._fill(aside, left.files())
        return dropped

    def _fill(self, aside: tables.Aside, files: Sequence[DataFile]) -> None:
        transaction = aside.table.refresh().transaction()
        tables.swap(transaction, tables.files_of(aside.table), files, {})
        transaction.commit_transaction()
        self._begun.come = None

    def _again(self, kept: Kept) -> tables.Aside:
        """What was built before, for the table as it is now."""
        write = self._begun
        write.aside.append(kept.aside)
        self._fill(kept.aside, kept.files)
        if (kept.aside.table.schema(), kept.aside.table.spec()) == (write.schema, write.spec):
            return kept.aside
        made = self._aside(write.schema, write.spec)
        insert(self.rows, self.table, made, f"SELECT * FROM {kept.aside.relation}")
        return made

    def _create(self, write: UnderWay, come: Sequence[DataFile], properties: Mapping[str, str]) -> None:
        with tables.overtaking(self.table.key):
            transaction = self._catalogue.create_table_transaction(
                self.table.key,
                write.schema,
                location=write.location,
                partition_spec=write.spec,
                properties={**tables.PROPERTIES, evolving.COMMENT: self.table.comment},
            )
        tables.swap(transaction, (), come, properties)
        with self._committing(write):
            transaction.commit_transaction()

    def _giving_way(self, write: UnderWay, window: Window | None) -> tuple[list[DataFile], list[DataFile]]:
        """The files of the table that go, and those that have what stays of their rows."""
        base = write.base
        assert base is not None  # noqa: S101 - the table is there
        if window is None:
            return tables.files_of(base), []
        touched = write.touched or {}
        gone = [file for file in tables.files_of(base) if file.file_path in touched] if touched else []
        split = [file.file_path for file in gone if file.record_count != touched[file.file_path]]
        if not split:
            return gone, []
        rest = self._aside(write.schema, write.spec)
        paths = one_of('"$path"', split, self._lists)
        select = (
            f"SELECT {listed(self.table.column_names)} FROM {self._stands()} AS old_ WHERE {paths} AND NOT {write.gone}"
        )
        insert(self.rows, self.table, rest, select)
        return gone, rest.files()

    def _migrate(self, window: Window) -> str:
        """Give a table that is written by windows the columns that it should have; what changed, as a sentence.

        Raises:
            WarehouseError: the old rows cannot say which window owns them.
        """
        base = tables.find(self._catalogue, self.table.key)
        if base is None or has_columns(base.schema(), self.table):
            return ""
        had = base.schema()
        evolving.expect_owners(self.rows, self.table, window, had)
        self._write = write = self._begin()
        assert write.transaction is not None  # noqa: S101 - the table is there
        try:
            if evolving.needs_rewriting(had, self.table):
                left = self._aside(write.schema, write.spec)
                insert(
                    self.rows, self.table, left, f"SELECT {evolving.kept(self.table, had)} FROM {self.table.sql_name}"
                )
                tables.swap(write.transaction, tables.files_of(base), left.files(), {})
            with self._committing(write):
                write.transaction.commit_transaction()
            for aside in write.aside:
                tables.forget(self._catalogue, aside)
        except BaseException:
            self._clear(write)
            raise
        finally:
            self._write = None
        self.put(LEDGER, {"table_name": self.table.key}, (), ())
        return evolving.told(self.table, had)
