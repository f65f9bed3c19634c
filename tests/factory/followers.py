"""Models made as runs make them, following changes by keys, and compared with what their SELECTs give as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Literal, NoReturn

import pytest

from tributary.assets.factory.flow import ModelLineage
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_reading import with_schema
from tributary.assets.factory.sql_assets import write_model
from tributary.resources.warehouse import changes
from tributary.resources.warehouse.base import NOBODY, WriteReport
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.postgres import differing
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Table

Trouble = Literal["fails", "is killed"]


class Followers:
    """Models of one warehouse; `models` stand after those that they read."""

    def __init__(
        self, warehouse: PostgresWarehouse, models: Mapping[str, SqlModel], tables: Iterable[Table], *keys: str
    ) -> None:
        self._warehouse = warehouse
        every = {table.key: table for table in tables} | {key: model.table for key, model in models.items()}
        lineage = ModelLineage(every)
        self._models = {key: with_schema(model, lineage.schema(model)) for key, model in models.items() if key in keys}

    def make(self, *, forced: bool = False) -> dict[str, WriteReport]:
        """Make all of them; the reports."""
        return {key: self._make(model, forced=forced) for key, model in self._models.items()}

    def come_to_nothing(self, trouble: Trouble) -> None:
        """Make each of them once, without success: a check fails, or the process dies as it publishes."""
        for model in self._models.values():
            with pytest.MonkeyPatch.context() as patch:
                if trouble == "fails":
                    patch.setattr("tributary.resources.warehouse.write.audit", _fail)
                else:
                    patch.setattr("tributary.resources.warehouse.write.tell", _die)
                with suppress(ChecksFailed, _DeathError):
                    assert self._make(model).unchanged

    def expect_the_whole(self) -> None:
        """Expect in each table the very rows that its SELECT gives now."""
        for key, model in self._models.items():
            columns = ", ".join(model.table.column_names)
            wrong = self._warehouse.rows(
                f"""
                WITH stands AS MATERIALIZED (SELECT {columns} FROM {key}),
                whole AS MATERIALIZED (SELECT {columns} FROM ({model.statement("postgres")}) AS q)
                (TABLE stands EXCEPT ALL TABLE whole) UNION ALL (TABLE whole EXCEPT ALL TABLE stands)
                """,
                limit=2,
            )
            assert wrong == [], key

    def _make(self, model: SqlModel, *, forced: bool = False) -> WriteReport:
        with pytest.MonkeyPatch.context() as patch:
            # However few rows these tables have, also those that are written whole keep the rows that stay the same.
            patch.setattr(differing, "MOST_SHARE", 2)
            return write_model(self._warehouse, model, None, NOBODY, forced=forced)[0]


class _DeathError(BaseException):
    pass


def _fail(*_: Any, **__: Any) -> NoReturn:
    raise ChecksFailed("core.any", [])


def _die(*given: Any) -> NoReturn:
    changes.tell(*given)
    raise _DeathError
