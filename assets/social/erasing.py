"""The command `erase-user`: puts a user on the list of the erased, and takes their records out of the raw objects.

What is a user's is decided in `events.erasure`; here the warehouse is asked which ids are theirs.
"""

from __future__ import annotations

from collections.abc import Iterator

import typer

from tributary.assets.social.arrivals import RAW
from tributary.assets.social.events.erasure import Erased, entomb, read_erased, sweep
from tributary.assets.social.tables import TABLES
from tributary.assets.social.watch import hours_of_keys
from tributary.resources.errors import UsageError
from tributary.resources.lake import open_lake
from tributary.resources.lake.bundles import BundledLake
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import get_settings
from tributary.resources.warehouse.opening import open_warehouse
from tributary.resources.warehouse.warehouse import Warehouse

_THEIRS = """
SELECT i.id FROM core.bridge_social_identity AS i
WHERE i.user_id = coalesce((SELECT o.user_id FROM core.bridge_social_identity AS o WHERE o.id = %s), %s)
"""
_NOW = "SELECT user_id AS id FROM core.bridge_social_identity WHERE id = %s"


def erase(user_id: str) -> int:
    """Erase a user, or with no id sweep again for all who are erased; 0.

    Raises:
        UsageError: nobody was ever erased, and no user is named.
        TributaryError: lake or warehouse cannot be reached.
    """
    settings = get_settings()
    region, endpoint = settings.aws_region, settings.aws_endpoint_url
    lake = BundledLake(open_lake(settings.lake_location, region=region, endpoint_url=endpoint), RAW)
    with connect(settings):
        if user_id:
            theirs = _ids_of(open_warehouse(settings), user_id)
            # An id that a user had before may have been a browser's as well: nobody tells which it is.
            stone = entomb(lake, user_id, theirs, theirs)
            typer.echo(f"{len(stone.ids):,} ids are on the list of the erased for this user.")
        erased = read_erased(lake)
        if not erased:
            raise UsageError("Nobody was erased yet: name the user.")
        rewritten = list(sweep(lake, erased))
        for place in sorted({key.rpartition("/")[0] + "/" for key in rewritten}):
            if lake.holds(place):
                lake.bundle(place)  # without the bytes of before
        hours = sorted({*hours_of_keys(rewritten), *hours_of_keys(_staged(open_warehouse(settings), erased))})
    typer.echo(f"{len(rewritten):,} raw objects were rewritten without what is theirs.")
    if hours:
        first, last = (f"{hour:%Y-%m-%d-%H:%M}" for hour in (hours[0], hours[-1]))
        typer.echo(f"To have it out of all tables: tributary materialize group:social --from {first} --to {last}")
    return 0


def _staged(warehouse: Warehouse, erased: Erased) -> Iterator[str]:
    """The objects of which tables still hold rows of theirs."""
    for table in TABLES:
        rows = warehouse.arrow(f"SELECT * FROM {table.sql_name}")
        yield from set(rows.filter(erased.rows(rows))["source_object"].to_pylist())


def _ids_of(warehouse: Warehouse, user_id: str) -> list[str]:
    """All that the user is known by, beside this id."""
    rows = [*warehouse.rows(_THEIRS, (user_id, user_id)), *warehouse.rows(_NOW, (user_id,))]
    return sorted({row["id"] for row in rows})
