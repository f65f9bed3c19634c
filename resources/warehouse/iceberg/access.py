"""Who asks the engine for what: statements of one session, and refusals turned into sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.errors import TimeLimitError, WarehouseError
from tributary.resources.warehouse.iceberg.transport import Result, StatementError, Transport, UnreachableError
from tributary.resources.warehouse.iceberg.turns import Turns
from tributary.resources.warehouse.iceberg.values import bind

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyiceberg.catalog import Catalog

    from tributary.resources.warehouse.table import Table


@dataclass(frozen=True)
class Access:
    """A session's way to the engine and to the catalogue.

    `table` is the one that is written, if any: refusals are told without values where it is private. `prepare` makes
    the tables of records that are missing, `tidy` takes away what killed runs left; both as often as is worth it.
    """

    transport: Transport
    catalogue: Catalog
    turns: Turns
    origin: Origin
    table: Table | None = None
    prepare: Callable[[], None] = lambda: None
    tidy: Callable[[], None] = lambda: None

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query, or of an INSERT how many it wrote."""
        with asked(self.transport, bind(sql, params), self.origin, self.table) as result:
            names = [column.name for column in result.columns]
            return [dict(zip(names, row, strict=True)) for row in result.rows]


@contextmanager
def asked(
    transport: Transport,
    sql: str,
    origin: Origin,
    table: Table | None = None,
    *,
    seconds: float | None = None,
    worded: bool = False,
) -> Iterator[Result]:
    """An answer, whose refusals, also while rows are walked, are of one sentence.

    Raises:
        TimeLimitError: it took longer than `seconds`.
        WarehouseError: it was refused, or there is no engine.
    """
    with (
        refusals(transport, origin, table, seconds),
        transport.run(sql, origin, seconds=seconds, worded=worded) as result,
    ):
        yield result


@contextmanager
def refusals(
    transport: Transport, origin: Origin, table: Table | None = None, seconds: float | None = None
) -> Iterator[None]:
    """Turns what the engine refuses into a sentence.

    Raises:
        TimeLimitError: it took longer than `seconds`.
        WarehouseError: it was refused, or there is no engine.
    """
    try:
        yield
    except UnreachableError as error:
        raise WarehouseError(str(error)) from None
    except StatementError as error:
        what = origin.asset or (table.key if table else "The query")
        if error.timed_out:
            limit = f"{seconds:g} s" if seconds is not None else f"{transport.engine} lets it"
            raise TimeLimitError(
                f"{what} was ended, as it took longer than {limit}: ask for less, or let it take longer."
            ) from None
        if table is not None and table.is_private:
            raise WarehouseError(
                f"{what} failed in {transport.engine} ({error.name or 'refused'}); "
                "its words are withheld, as they may quote personal data."
            ) from None
        raise WarehouseError(f"{what} failed in {transport.engine}: {str(error).rstrip('.')}.") from None
