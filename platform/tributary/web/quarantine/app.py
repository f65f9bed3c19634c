"""The application of the pages of the quarantine: which address is which page, and who sees what."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from tributary.catalogue import get_catalogue
from tributary.dagster_client import DagsterAway, DagsterClient, DagsterRefused
from tributary.launcher.services import DAGSTER_PATH
from tributary.replaying import NoSuchReplay, ask_replay, replay_of, replays
from tributary.resources.errors import UsageError
from tributary.resources.settings import Settings
from tributary.resources.warehouse.opening import open_warehouse
from tributary.resources.warehouse.table import PII
from tributary.web.pages.calls import Call, Foreign, see, served
from tributary.web.pages.frame import Pages
from tributary.web.pages.kept import Kept
from tributary.web.quarantine import reading
from tributary.web.quarantine.showing import shown, visible

PATH = "/quarantine"
_MOST_OF_ROW, _MOST_OF_RECORD = 300, 64 * 1024
_RECENT = 10


class Personal(UsageError):
    """A record that may hold personal data, asked for by somebody who may not see them."""

    def __init__(self) -> None:
        super().__init__("The record may hold personal data, which take the scope pii: ask who gives out rights here.")


class Nothing(UsageError):
    """Nothing of the name is in quarantine."""


class QuarantinePages:
    """The pages.

    Args:
        settings: which warehouse and home.
        dagster: stays its opener's to close.
        secret: signs what a browser keeps while it has a form.
    """

    def __init__(self, settings: Settings, dagster: DagsterClient, secret: str) -> None:
        self._dagster = dagster
        self._warehouse = open_warehouse(settings)
        self._kinds = Kept(lambda: reading.kinds(self._warehouse), fresh=2.0, usable=2.0)
        statuses = {
            reading.NoSuchRecord: 404,
            reading.NoSuchPage: 400,
            NoSuchReplay: 404,
            Nothing: 404,
            Personal: 403,
        }
        self._pages = Pages(settings, secret, PATH, Path(__file__).parent, statuses=statuses)
        self._pages.templates.globals |= {"shown": shown, "visible": visible, "dagster_path": DAGSTER_PATH}
        gets = {
            "/": self._listed,
            "/record": self._record,
            "/record/bytes": self._bytes,
            "/replays/{id:str}": self._replay,
        }
        routes = [Route(path, served(self._pages, handle), methods=["GET"]) for path, handle in gets.items()]
        routes.append(Route("/replays", served(self._pages, self._ask), methods=["POST"]))
        self.application: Starlette = self._pages.application(routes)

    def _listed(self, call: Call) -> Response:
        wanted = reading.Wanted(call.query("table"), call.query("reason"), call.query("source"))
        kinds = self._kinds.get()
        found, after = reading.records(self._warehouse, wanted, call.query("after")) if kinds else ([], "")
        kept = {key: value for key, value in vars(wanted).items() if value}
        chosen = [one for one in kinds if wanted.table in ("", one.table) and wanted.reason in ("", one.reason)]
        try:
            recent = replays(self._dagster, _RECENT)
            away = ""
        except (DagsterAway, DagsterRefused) as error:
            recent, away = [], str(error)
        return self._pages.page(
            call,
            "quarantine.html",
            kinds=kinds,
            wanted=wanted,
            chosen=sum(one.records for one in chosen),
            records=found,
            first=not call.query("after"),
            older=f"?{urlencode({**kept, 'after': after})}" if after else "",
            open=self._open(call, (one.table for one in found)),
            replayable=list(dict.fromkeys(one.table for one in kinds if one.is_reject)),
            tables=list(dict.fromkeys(one.table for one in kinds)),
            reasons=list(dict.fromkeys(one.reason for one in kinds if wanted.table in ("", one.table))),
            replays=recent,
            away=away,
            most=_MOST_OF_ROW,
        )

    def _record(self, call: Call) -> Response:
        record, raw = self._asked(call)
        may_see = record.table in self._open(call, [record.table])
        return self._pages.page(
            call, "record.html", record=record, shown_raw=shown(raw, _MOST_OF_RECORD) if may_see else None
        )

    def _bytes(self, call: Call) -> Response:
        record, raw = self._asked(call)
        if record.table not in self._open(call, [record.table]):
            raise Personal
        headers = {
            "Content-Disposition": f'attachment; filename="record-{record.number}.bin"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(raw, headers=headers, media_type="application/octet-stream")

    def _ask(self, call: Call) -> Response:
        if not call.is_own:
            raise Foreign
        table = call.text("table")
        before = sum(one.count for one in self._warehouse.rejected(table)) if table else 0
        if not before:
            raise Nothing(f"Nothing of {table[:64] or 'no name'!r} is in quarantine any more.")
        return see(f"{PATH}/replays/{ask_replay(self._dagster, table, before, call.principal.name)}")

    def _replay(self, call: Call) -> Response:
        found = replay_of(self._dagster, call.path("id"))
        left = sum(one.count for one in self._warehouse.rejected(found.table))
        return self._pages.page(call, "replay.html", replay=found, left=left)

    def _asked(self, call: Call) -> tuple[reading.Record, bytes]:
        number = call.query("number")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise reading.NoSuchRecord("The address names no record: it says none by its number.")
        return reading.raw_of(self._warehouse, call.query("table"), call.query("source"), int(number))

    def _open(self, call: Call, names: Iterable[str]) -> set[str]:
        """Those of some names whose records may be shown to who asks: what of the source may be personal is not."""
        if call.may_see_pii:
            return set(names)
        catalogue = get_catalogue()
        personal = {table.source for table in catalogue.tables if any(PII in column.tags for column in table.columns)}
        # Raw records are under names that are no table: theirs tell the source by what is made of it.
        return {name for name in names if name in catalogue.by_key and catalogue.by_key[name].source not in personal}
