"""Errors of the warehouse that a person is meant to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tributary.resources.errors import TributaryError

if TYPE_CHECKING:
    from tributary.resources.warehouse.checks import CheckResult


class WarehouseError(TributaryError):
    """A statement or a write failed; the old rows are as they were."""


class TimeLimitError(WarehouseError):
    """A query took longer than it may, and was ended."""


class InputsMovedError(WarehouseError):
    """A table or an input was published while rows were built of what had changed before; ask again what has."""


class OvertakenError(WarehouseError):
    """Another writer published the table between the look at it and the commit; it is looked at and built again."""


class ContractError(WarehouseError):
    """A table's or column's declaration cannot be used."""


class ChecksFailed(WarehouseError):
    """Blocking checks failed on the rows built aside, so that they were not published; `results` holds every check."""

    def __init__(self, table: str, results: Sequence[CheckResult]) -> None:
        self.results = results
        failed = [result for result in results if result.blocks]
        details = "; ".join(result.sentence for result in failed)
        super().__init__(f"{table} was not published and keeps its old rows: {details}")
