"""Files that somebody brings in: told apart, and brought in whole in one transaction, or only tried.

What is tried is done in the same way and taken back, so that a preview says what would come of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.imports.bringing import bring_in
from tributary.assets.sneakers.app.imports.outcome import Brought, ImportRefused, RefusedRow
from tributary.assets.sneakers.app.imports.own import Export, read_export
from tributary.assets.sneakers.app.imports.tables import FILES, read_rows
from tributary.assets.sneakers.app.service.opening import Today, open_service
from tributary.assets.sneakers.app.service.restoring import Restoring, Told, Untrue, lock_log, pictures_named


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name.

    Raises:
        ImportRefused: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ImportRefused(f"{name!r} is no time zone: write one like Europe/Berlin.") from None


def bring(engine: Engine, files: Mapping[str, bytes], zone: ZoneInfo, today: Today, *, keep: bool) -> Brought:
    """Bring in the three tables of an SNQL app, or an export of this one; with `keep` for good, else as a trial.

    Args:
        engine: on the app's tables.
        files: contents by name.
        zone: of times that name none.
        today: which day it is for the collector.
        keep: whether what comes in stays.

    Raises:
        ImportRefused: they are neither, or cannot be read as that; nothing was brought in.
    """
    tables = {name.lower().rpartition("/")[2]: data for name, data in files.items()}
    if tables.keys() == FILES.keys():
        rows = {name: read_rows(name, tables[name]) for name in FILES}
    elif len(files) != 1:
        raise ImportRefused(
            f"These are {len(files)} files: choose {', '.join(FILES)} together, or one file that was exported here."
        )
    with engine.connect() as connection, connection.begin() as transaction:
        sessions = sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        with sessions() as session, session.begin():
            lock_log(session)
            now = session.execute(select(func.clock_timestamp())).scalar_one()
            if tables.keys() == FILES.keys():
                brought = bring_in(rows, open_service(sessions, today, alone=True), sessions, zone)
            else:
                ((name, data),) = files.items()
                brought = _restore(session, name, read_export(name, data, today(), now), keep=keep)
        if not keep:
            transaction.rollback()
    return brought


def _restore(session: Session, name: str, export: Export, *, keep: bool) -> Brought:
    brought = Brought(refused=export.refused)
    log = Restoring.of(session, (record.token for record in export.records))
    for record in export.records:
        try:
            new = log.add(Told(record.event, record.token, record.digest))
        except Untrue as untrue:
            brought.refused.append(RefusedRow(name, record.line, f"{untrue}.", record.raw))
            continue
        brought.again += not new
        brought.brands += new and record.event.type is EventType.BRAND_ADDED
        brought.pairs += new and record.event.type is EventType.BOUGHT
        brought.events += new and record.event.type not in (EventType.BRAND_ADDED, EventType.BOUGHT)
    brought.refused.sort(key=lambda row: row.line)
    if keep:
        named = pictures_named(record.event.details for record in export.records)
        log.write(picture for picture in export.pictures if picture.sha256 in named)
    return brought
