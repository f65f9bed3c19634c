"""The files of the source `pledges`: a file is the whole statement of one branch's bills of one month.

It is called `<branch>-<yyyy>-<mm>.csv`, as in `MUM01-2025-03.csv`. A later version of it replaces all that the earlier
one said.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from tributary.assets.factory.dropped_files import DroppedFiles
from tributary.resources.warehouse.delimited.contract import FileColumn, FileContract

_NAME = re.compile(r"([A-Z][A-Z0-9]{1,11})-([0-9]{4})-(0[1-9]|1[0-2])\.csv")

CONTRACT = FileContract(
    columns=(
        FileColumn("branch", "branch_code", "text", "Branch that lent, by its code."),
        FileColumn("bill_number", "bill_number", "text", "Number of the bill, the branch's own."),
        FileColumn("pledged_on", "pledged_on", "date", "Day on which the ornaments were pledged."),
        FileColumn("ornament_code", "ornament_code", "text", "Kind of ornament, by its code: b1, b2, and so on."),
        FileColumn("ornament_type", "ornament_type", "text", "Kind of ornament, in words."),
        FileColumn("count", "item_count", "integer", "Ornaments of the line."),
        FileColumn("gross_weight_g", "gross_weight_g", "decimal(10,3)", "Weight of the line with stones, in g."),
        FileColumn("net_weight_g", "net_weight_g", "decimal(10,3)", "Weight of the line without stones, in g."),
        FileColumn("purity_karat", "purity_karat", "decimal(4,2)", "Purity of the gold, in karat; 24 is pure."),
        FileColumn("appraised_value", "appraised_value", "decimal(14,2)", "Appraised value of the line, in rupees."),
    )
)


class Statement(NamedTuple):
    """What a file's name says: the branch, and the first day of the month."""

    branch: str
    month: date


def statement_of(name: str) -> Statement | None:
    """The statement that a file of this name is; None where it can be none."""
    match = _NAME.fullmatch(name)
    if match is None or match[2] == "0000":
        return None
    return Statement(match[1], date(int(match[2]), int(match[3]), 1))


def _misnamed(name: str) -> str:
    if statement_of(name) is not None:
        return ""
    return f"{name} is not called <BRANCH>-<yyyy>-<mm>.csv, as MUM01-2025-03.csv is; rename it."


FILES = DroppedFiles("pledges/raw/", CONTRACT, _misnamed)
