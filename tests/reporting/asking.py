"""A report to try things on: pawned items that match any or every line of what is asked, by a few other things too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tributary.assets.factory.model_reading import load_models
from tributary.assets.reporting.declaration import Report, reports_of
from tributary.resources.warehouse.table import Column, Table

ITEMS = Table(
    "staged",
    "items",
    (
        Column("bill", "integer", "Bill."),
        Column("code", "text", "Code.", ("codes",)),
        Column("pieces", "integer", "Pieces."),
        Column("weight", "decimal(9,3)", "Weight in g."),
        Column("pledged_on", "date", "Day."),
        Column("owner", "text", "Who brought it.", ("pii",)),
    ),
)
TEXT = """/*
title: Matching bills
description: Bills whose items match.
grain: one row an item
parameters:
  match: {type: text, label: "Lines combine", choices: {all: "every line", any: "any line"}, default: all}
  since: {type: date, label: "Pledged from", required: false, max: 2030-12-31}
  note: {type: text, label: "Note", required: false, max: 12}
  bills: {type: integer, label: "Bills", many: true, required: false, min: 1}
  lines:
    label: "Ornaments"
    repeated: {max: 5}
    fields:
      code: {type: text, label: "Code", choices: {from: staged.items.code}}
      least: {type: integer, label: "Pieces from", min: 1, default: 1}
      most: {type: integer, label: "Pieces to", max: 1000}
      weight: {type: "decimal(9,3)", label: "Weight from", required: false, min: 0}
rules:
  - {holds: "least <= most", in: lines, at: most, message: "must not be below the least"}
  - {holds: "not (match = 'any' and since is null)", at: since, message: "must be given where any line is enough"}
limits: {seconds: 60, rows: 1000}
show: {columns: [bill, note], sort: [weight desc, bill]}
columns:
  bill: {type: integer, description: "Bill."}
  code: {type: text, description: "Code."}
  weight: {type: "decimal(9,3)", description: "Weight in g."}
  share: {type: double, description: "100% of it."}
  owner: {type: text, description: "Who brought it."}
  note: {type: text, description: "What was noted."}
checks:
  - unique: [bill, code]
  - expression: "weight >= 0"
    severity: warn
chart: {title: "Weight by code", x: code, y: "sum(weight)"}
*/
with
    hits as (
        select item.bill, line.line_no
        from staged.items as item
        inner join request.lines as line
            on line.code = item.code
            and item.pieces between line.least and line.most
            and (line.weight is null or item.weight >= line.weight)
        group by item.bill, line.line_no
    ),
    bills as (
        select bill
        from hits
        group by bill
        having :match = 'any' or count(*) = (select count(*) from request.lines)
    )
select
    item.bill,
    item.code,
    item.weight,
    cast(item.weight as double precision) * 100 as share, -- 100% of it
    item.owner,
    :note as note
from staged.items as item
inner join bills on bills.bill = item.bill
where (:since is null or item.pledged_on >= :since)
    and (item.bill in (select value from request.bills) or not exists (select 1 from request.bills))
    and item.code like '%'
"""


def write(root: Path, text: str = TEXT, name: str = "matching") -> Path:
    """Write the file of a report into the folder of the source `shop`."""
    path = root / "shop" / "reports" / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def load(root: Path, text: str = TEXT) -> Report:
    """The report that a text declares."""
    write(root, text)
    return reports_of(load_models(root, [ITEMS]), {ITEMS.key: ITEMS})["matching"]


HOSTILE: list[Any] = [
    "'; drop table staged.items; --", "%s", "%(note)s", "{{ 1 }}", "${x}", "=1+1", "\\", "'", '"', "?", "asked_0_",
    "\0", "a\0b", "\ud800", "\x1b[2J", "a\nb", "\u202e", "\ufeff1", "1\u00a0", "1 or 1=1", "<script>", "../../passwd",
    "a" * 1_000_000, "NaN", "Infinity", "-inf", float("nan"), float("inf"), 10**400, "1e400", "1" * 10_000, "1_000",
    True, False, -1, 2**31, 2**63, "0000-01-01", "99999-01-01", "2024-13-01", "\u0663", "\uff11\uff12", "0x10", "1,000",
    [], [[]], {}, {"a": 1}, object(), b"bytes",
]  # fmt: skip
"""What somebody may send who means no good, or whose program is broken."""
