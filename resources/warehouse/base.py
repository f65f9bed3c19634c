"""What the warehouse is given and what it gives back: who asks, sources of rows, what was rejected, and reports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tributary.resources.warehouse.checks import CheckResult
from tributary.resources.warehouse.counting import Reckoning
from tributary.resources.warehouse.delimited.contract import FileContract
from tributary.resources.warehouse.following import Follows, KeyPlan, Values
from tributary.resources.warehouse.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

Dialect = Literal["postgres", "athena"]
"""The SQL that an engine is given: that of Postgres, or of Athena, whose engine 3 is Trino."""


@dataclass(frozen=True)
class Origin:
    """Who writes or reads: shown in the server's activity view and in each statement's comment."""

    run_id: str = ""
    asset: str = ""


NOBODY = Origin()


@dataclass(frozen=True)
class Proof:
    """Which checks the rows of a SELECT pass by construction.

    `checks` are their names; of one that looks into another table that is so as long as the table is of its version in
    `versions`, which were read before the SELECT is run.
    """

    checks: Collection[str]
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Select:
    """Rows from a SELECT in the engine's own dialect; with a window, those of them that lie in it.

    With a `plan`, which goes with a window of keys, `sql` reads of its inputs only the rows that the plan says: columns
    are equal to the texts of `following.place_of`, in whose places the values come. What a `proof` shows is not asked.
    """

    sql: str
    plan: KeyPlan | None = None
    proof: Proof | None = None


@dataclass(frozen=True)
class Batches:
    """Rows from Arrow record batches, with the table's column names.

    `reckon` tells, when the batches have been used up, what was read to make them.
    """

    batches: Iterable[pa.RecordBatch]
    reckon: Callable[[], Reckoning] | None = None


@dataclass(frozen=True)
class Delimited:
    """Rows from a delimited file: its contract, its name for people, and a way to read it from the start.

    `lines` is the number of the file's lines where somebody else has counted them; a last one without an end counts.
    """

    contract: FileContract
    name: str
    open: Callable[[], Iterator[bytes]]
    lines: int | None = None


Source = Select | Batches | Delimited


class Size(NamedTuple):
    """How large a table is: its rows, by what the engine knows without counting, and its bytes."""

    rows: int
    bytes: int


class Update(NamedTuple):
    """The rows of a table, and when they last changed."""

    rows: int
    updated_at: datetime


@dataclass(frozen=True)
class Maintained:
    """What looking after a table did: its files, their bytes, and its snapshots, before and after; `trouble` if any."""

    table_name: str
    files_before: int = 0
    bytes_before: int = 0
    snapshots_before: int = 0
    files: int = 0
    bytes: int = 0
    snapshots: int = 0
    trouble: str = ""

    @property
    def changed(self) -> bool:
        """Whether there is something to tell."""
        before = (self.files_before, self.bytes_before, self.snapshots_before)
        return bool(self.trouble) or before != (self.files, self.bytes, self.snapshots)


@dataclass(frozen=True)
class Rejected:
    """A record that no table could take: where it stood in its source, its exact bytes, and why.

    `number` is its ordinal in the source, from 1; `offset` is the byte at which it begins there (after unpacking).
    `reason` is shown to people and logged, so it must not repeat what the record holds.
    """

    number: int
    offset: int
    raw: bytes
    reason: str


@dataclass(frozen=True)
class RejectedSource:
    """How many records of one source the quarantine holds for one table."""

    table_name: str
    source: str
    count: int


@dataclass(frozen=True)
class Recipe:
    """What rows follow from: `digest` stands for everything said in code, `inputs` are the tables that are read.

    Only for rows that are a function of these two and of nothing else, such as the clock. `looked_into` are the tables
    that only checks ask: where they alone have changed, the rows stand, and are checked again; with `follows_checks`
    or a plan, only those that refer to what went. `plan` says how rows follow the inputs key by key, where they do.
    """

    digest: str
    inputs: tuple[str, ...] = ()
    looked_into: tuple[str, ...] = ()
    plan: KeyPlan | None = None
    follows_checks: bool = False


@dataclass(frozen=True)
class Spending:
    """What statements took: how many, bytes scanned, seconds in the engine's queue and at work, and about what cost.

    `usd` is None where the engine has no price.
    """

    statements: int
    scanned_bytes: int
    queue_seconds: float
    run_seconds: float
    usd: float | None = None

    def __add__(self, other: Spending) -> Spending:
        usd = None if self.usd is None and other.usd is None else (self.usd or 0) + (other.usd or 0)
        return Spending(
            self.statements + other.statements,
            self.scanned_bytes + other.scanned_bytes,
            self.queue_seconds + other.queue_seconds,
            self.run_seconds + other.run_seconds,
            usd,
        )


@dataclass(frozen=True)
class WriteReport:
    """What a write did. `seconds` is wall time; `bytes` is what the table takes on disk after it.

    `duplicates` counts new rows that were dropped because the table keeps another of their key, `displaced` the rows
    of other windows that new rows took the place of. `unchanged` says that the published rows were left as they were.
    `lines` and `rejected` are the source's records, or lines, and those of them that went to quarantine. `table_rows`
    counts the rows of the whole table after the write of a window; None where `rows` does. `fingerprint` is what the
    rows were made from, where that was told. `keys` counts the keys of a window of keys. `migrated` is a sentence where
    a window's write gave the table new columns, so that other windows lack their values. `spent` is what statements
    took for this run and asset, where the engine counts it.
    """

    table: Table
    rows: int
    bytes: int
    seconds: float
    statement: str
    checks: Sequence[CheckResult] = ()
    preview: Sequence[Mapping[str, Any]] = ()
    lines: int = 0
    rejected: int = 0
    phases: Mapping[str, float] = field(default_factory=dict)
    duplicates: int = 0
    displaced: int = 0
    unchanged: bool = False
    table_rows: int | None = None
    fingerprint: str = ""
    keys: int | None = None
    migrated: str = ""
    spent: Spending | None = None


@dataclass(frozen=True)
class Note:
    """What is noted of a table's rows together with them.

    `fingerprint` is what they were made from, `content` a digest of the rows themselves, each empty where not known.
    `lines` and `rejected` count what was read. `checks` are the failures of each check by name; None where the checks
    did not see the table as a whole. `recipe` and `inputs`, the versions by input, are those of the `Follows` that was
    given with the rows, if any was. `updated_at` is when the rows last changed, in UTC; of rows that are published with
    a note, None means now.
    """

    rows: int
    fingerprint: str = ""
    content: str = ""
    lines: int = 0
    rejected: int = 0
    checks: Mapping[str, int] | None = None
    recipe: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Publication:
    """Which rows of a table stand, for who copies them elsewhere.

    `version` is another text whenever the rows may have changed, `note` what was noted of them; each is None where it
    is not known.
    """

    version: str | None
    note: Note | None


@dataclass(frozen=True)
class Standing:
    """How a table's published rows stand to a recipe.

    `fingerprint` is what a write that begins now is to be noted under; None where an input's version is not known.
    `report` tells of the published rows where they were made from this very fingerprint. `follows` is what such a write
    is to note as well, where changes are followed; with a plan, `keys` are those whose rows may differ, or None where
    that is not known.
    `versions` are those of the recipe's inputs.
    """

    fingerprint: str | None
    report: WriteReport | None = None
    follows: Follows | None = None
    keys: Values | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
