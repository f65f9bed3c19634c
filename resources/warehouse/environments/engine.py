"""The Postgres engine as an environment sees it: what it holds stands in for production's, all else is production's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tributary.resources.warehouse.answers import Answer, Extracted
from tributary.resources.warehouse.base import NOBODY, Maintained, Origin, Size
from tributary.resources.warehouse.checks import Sql
from tributary.resources.warehouse.environments.holding import held
from tributary.resources.warehouse.environments.naming import Environment
from tributary.resources.warehouse.environments.rewriting import rewritten
from tributary.resources.warehouse.environments.session import EnvironmentSession
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.session import open_session
from tributary.resources.warehouse.postgres.warehouse import PostgresEngine
from tributary.resources.warehouse.table import LAYERS, Table

if TYPE_CHECKING:
    import pyarrow as pa

    from tributary.resources.warehouse.engine import EngineSession


class EnvironmentEngine(PostgresEngine):
    """A Postgres database, in which statements read an environment's tables, and all is written to these.

    Attributes:
        views: the views of production's, by `schema.table`, with the tables that each reads.
        reads: by `schema.table`, the tables whose versions are to be noted when it begins to be made; None where
            nothing may be written, as by who does not note what was made.
        read: these versions, by table, then by table read; empty where one is not known.
    """

    def __init__(
        self,
        url: Callable[[], str],
        reader_url: Callable[[], str] | None,
        environment: Environment,
    ) -> None:
        super().__init__(url, reader_url)
        self.environment = environment
        self.views: Mapping[str, Sequence[str]] = {}
        self.reads: Mapping[str, Sequence[str]] | None = None
        self.read: dict[str, Mapping[str, str]] = {}

    def held(self) -> Collection[str]:
        """The tables that the environment holds, by production's `schema.table`."""
        with open_session(self._reader_url(), NOBODY, read_only=True) as session:
            return held(session, self.environment)

    def rows(
        self, sql: str, params: Sequence[Any], origin: Origin, limit: int | None, seconds: float | None
    ) -> list[dict[str, Any]]:
        return super().rows(self._own(sql), params, origin, limit, seconds)

    @contextmanager
    def answer(self, sql: str, origin: Origin, limit: int | None) -> Iterator[Answer]:
        with super().answer(self._own(sql), origin, limit) as found:
            yield found

    def arrow(self, sql: str, params: Sequence[Any], origin: Origin) -> pa.Table:
        return super().arrow(self._own(sql), params, origin)

    def maintain(self, origin: Origin) -> Sequence[Maintained]:  # noqa: ARG002 - production's is not to be touched
        return ()

    def sizes(self) -> dict[str, Size]:
        prefix = self.environment.prefix
        own = self.sizes_in([f"{prefix}{layer}" for layer in LAYERS])
        return {**super().sizes(), **{key.removeprefix(prefix): size for key, size in own.items()}}

    @contextmanager
    def extract(self, table: Table, query: Sql, origin: Origin, seconds: float) -> Iterator[Extracted]:  # noqa: ARG002
        yield from ()
        raise WarehouseError(f"{table.key} is a report's, which is asked of production; leave the environment out.")

    @contextmanager
    def session(self, table: Table, origin: Origin) -> Iterator[EngineSession]:  # type: ignore[override]
        with open_session(self._url(), origin, table=table) as session:
            reads, writes = self.reads or {}, self.reads is not None
            found = EnvironmentSession(session, table, self.environment, self.views, writes=writes)
            if table.key in reads and table.key not in self.read:
                versions = found.versions(reads[table.key])
                self.read[table.key] = {name: version or "" for name, version in versions.items()}
            yield found

    def _own(self, sql: str) -> str:
        return rewritten(sql, self.environment, self.held())
