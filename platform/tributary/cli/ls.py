"""`tributary ls`: what assets there are and how each stands, and of one table its columns."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from tributary.asset_graph import Asset
from tributary.asset_records import Partitions, Records, open_records
from tributary.asset_store import get_graph
from tributary.catalogue import TableEntry, get_catalogue
from tributary.cli.console import check_format, out
from tributary.cli.selecting import meant
from tributary.cli.standing import Standing, standing
from tributary.cli.tables import Heading, print_rows
from tributary.freshness import Why
from tributary.resources.settings import get_settings
from tributary.resources.wording import ago

FORMATS = ("table", "json", "names")


def ls(selections: Sequence[str], exclude: Sequence[str], against: str, output: str) -> int:
    """List assets, all or those that are meant; of one table that is named alone, its columns too."""
    check_format(output, FORMATS)
    graph = get_graph()
    assets = meant(selections, exclude, against, graph)
    if output == "names":
        sys.stdout.write("".join(f"{one.key}\n" for one in assets))
        return 0
    tables = get_catalogue().by_key
    with open_records(graph, get_settings()) as records:
        rows = _rows(records)
        if output == "json":
            every = [_told(one, tables.get(one.key), records, rows) for one in assets]
            sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(every)) + b"\n")
        elif [one.key for one in assets] == [text.replace("/", ".") for text in selections]:
            for one in assets:
                _print_one(one, tables.get(one.key), records, rows)
        else:
            _print_all(sorted(assets, key=_place), records, rows)
    return 0


def _rows(records: Records) -> Mapping[str, int]:
    """Rows of each table, by the engine's last estimate; of what is no table as its materialisation told."""
    from tributary.resources.warehouse.opening import open_warehouse

    found: Mapping[str, Standing] = standing(open_warehouse(get_settings()))
    return {**records.rows, **{key: one.rows for key, one in found.items()}}


def _place(asset: Asset) -> tuple[int, str]:
    from tributary.resources.warehouse.table import LAYERS

    return LAYERS.index(asset.layer) if asset.layer in LAYERS else -1, asset.key


def _print_all(assets: Sequence[Asset], records: Records, rows: Mapping[str, int]) -> None:
    headings = (
        Heading("asset"),
        Heading("source"),
        Heading("kind"),
        Heading("rows", right=True),
        Heading("made", right=True),
        Heading("partitions", right=True),
        Heading("state", wraps=True),
    )
    print_rows(headings, [(one.key, one.source, one.kind, *_standing(one, records, rows)) for one in assets])


def _standing(asset: Asset, records: Records, rows: Mapping[str, int]) -> tuple[str, str, str, str]:
    """Rows, age, partitions and state, for people."""
    made = records.made.get(asset.key)
    parts = records.partitions.get(asset.key)
    count = f"{rows[asset.key]:,}" if asset.key in rows and made else ""
    return (
        count,
        ago(datetime.fromtimestamp(made.at, UTC)) if made else "",
        _partitions(parts) if parts else "",
        _state(asset, records),
    )


def _partitions(parts: Partitions) -> str:
    return f"{parts.made:,}, {parts.missing:,} missing" if parts.missing else f"{parts.made:,}"


def _state(asset: Asset, records: Records) -> str:
    if asset.refused:
        return "refused"
    reasons = records.stale.get(asset.key, ())
    told = [f"stale: {', '.join(map(str, reasons))}" if asset.key in records.made else "never made"] if reasons else []
    failed = records.failed.get(asset.key)
    return "; ".join([*told, *([f"failed last (run {failed[:8]})"] if failed else [])])


def _told(asset: Asset, table: TableEntry | None, records: Records, rows: Mapping[str, int]) -> Mapping[str, Any]:
    made, parts = records.made.get(asset.key), records.partitions.get(asset.key)
    known = msgspec.to_builtins(table) if table is not None else {}
    return {
        **known,
        "key": asset.key,
        "layer": asset.layer,
        "source": asset.source,
        "kind": asset.kind,
        "reads": asset.reads,
        "code_version": asset.code_version,
        "rows": rows.get(asset.key),
        "made_at": datetime.fromtimestamp(made.at, UTC).isoformat(timespec="seconds") if made else None,
        "made_by_run": made.run_id if made else None,
        "failed_run": records.failed.get(asset.key),
        "stale": [{"why": why.how, **({"of": why.of} if why.of else {})} for why in _reasons(asset, records)],
        "partitions": {"made": parts.made, "missing": parts.missing} if parts else None,
    }


def _reasons(asset: Asset, records: Records) -> Sequence[Why]:
    return records.stale.get(asset.key, ())


def _print_one(asset: Asset, table: TableEntry | None, records: Records, rows: Mapping[str, int]) -> None:
    count, made, parts, state = _standing(asset, records, rows)
    told = {"source": asset.source, "kind": asset.kind, "rows": count, "made": made}
    told |= {"partitions": parts, "state": state, "reads": ", ".join(asset.reads)}
    if table is not None:
        out.print(table.refused or table.description, markup=False, soft_wrap=True)
        told = {"grain": table.grain, **told, "made by": table.partitioned}
        if table.freshness is not None:
            told["freshness target"] = f"{table.freshness.total_seconds() / 3600:g} hours"
    for name, value in told.items():
        if value:
            out.print(f"{name}: {value}", markup=False, soft_wrap=True)
    if table is not None:
        out.print()
        headings = (Heading("column"), Heading("type"), Heading("tags"), Heading("meaning", wraps=True))
        print_rows(headings, [(one.name, one.type, " ".join(one.tags), one.description) for one in table.columns])
