"""What came of bringing something in: how much is new, what was there, and each row that was refused, and why."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tributary.assets.sneakers.app.errors import SneakersError


class ImportRefused(SneakersError):
    """A file cannot be read as what it should be; nothing was brought in."""


class Odd(ValueError):
    """Why a row cannot be brought in, in a sentence."""


@dataclass(frozen=True)
class RefusedRow:
    """A row that was left out: where it stands, why, and what it holds."""

    file: str
    line: int
    reason: str
    row: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


@dataclass
class Brought:
    """New brands, pairs and later events; rows that were there before; and rows that were refused."""

    brands: int = 0
    pairs: int = 0
    events: int = 0
    again: int = 0
    refused: list[RefusedRow] = field(default_factory=list)

    @property
    def new(self) -> int:
        """All that is new."""
        return self.brands + self.pairs + self.events

    @property
    def odd(self) -> list[str]:
        """The refused rows, a sentence each."""
        return [str(row) for row in self.refused]

    def refused_csv(self) -> str:
        """The refused rows as a file: each whole, as JSON, which no spreadsheet takes for a formula."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(("file", "line", "reason", "row"))
        writer.writerows(
            (one.file, one.line, one.reason, json.dumps(one.row, ensure_ascii=False)) for one in self.refused
        )
        return text.getvalue()
