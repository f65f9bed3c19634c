"""Checks on what the reader of a source counted, made in the audit of a write, before its rows are published.

What the rows themselves must fulfil is in `checks`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tributary.resources.warehouse.checks import Check, CheckResult, Severity


@dataclass(frozen=True)
class Reckoning:
    """What a source's reader says of its reading: records read, and how many of them no table could take.

    `read` must be counted apart from the rows that are made of the records, or the comparison tells nothing.
    `reasons` counts the rejected ones by their reason.
    """

    read: int
    rejected: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)


class Counts(NamedTuple):
    """A reading beside the rows that stand aside: `duplicates` gave way to rows of their key that are kept."""

    read: int
    loaded: int
    rejected: int = 0
    duplicates: int = 0


@dataclass(frozen=True)
class CountCheck(Check):
    """A check on a write's counts. The source of each write of the table must give a `Reckoning`."""

    @abstractmethod
    def failures(self, counts: Counts) -> int:
        """How many records break the check."""

    def found(self, counts: Counts, reasons: Mapping[str, int]) -> CheckResult:
        """The check's result, with the counts that it follows from."""
        return CheckResult(self, self.failures(counts), counts={**counts._asdict(), **reasons})


@dataclass(frozen=True)
class Reconcile(CountCheck):
    """Every record that was read is loaded, rejected, or a duplicate of a row that is kept."""

    title: str = field(default="records_reconcile", kw_only=True)

    @property
    def default_name(self) -> str:
        return "records_reconcile"

    @property
    def description(self) -> str:
        return "Every record read is in the table, in quarantine, or a duplicate of a row that the table keeps."

    def failures(self, counts: Counts) -> int:
        return abs(counts.read - counts.loaded - counts.rejected - counts.duplicates)


@dataclass(frozen=True)
class NoRejects(CountCheck):
    """No record was rejected; a warning, since what was rejected stops nothing else."""

    severity: Severity = field(default="warn", kw_only=True)

    @property
    def default_name(self) -> str:
        return "no_rejects"

    @property
    def description(self) -> str:
        return "No record of what was read last is in quarantine.rejected_rows."

    def failures(self, counts: Counts) -> int:
        return counts.rejected
