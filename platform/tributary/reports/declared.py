"""The reports as their files are now, for processes that live long: read again when a file has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path

from tributary.assets.reporting.declaration import Report
from tributary.assets.source import SQL
from tributary.assets.sources import Sources, get_sources

_LOOK_SECONDS = 2.0
_TABLE = "staged.report_"

Found = tuple[Mapping[str, Report], Mapping[str, str]]


class DeclaredReports:
    """The reports of the sources that are on; safe to ask from several threads."""

    def __init__(self, home: Path, sources: Sources | None = None) -> None:
        self._home, self._sources = home, sources
        self._turn = threading.Lock()
        self._looked = 0.0
        self._stand: object = None
        self._found: Found = ({}, {})

    def reports(self) -> Mapping[str, Report]:
        """Those that can be asked, by name."""
        return self._now()[0]

    def refused(self) -> Mapping[str, str]:
        """Why a report cannot be asked, by the names of those that cannot."""
        return self._now()[1]

    def _now(self) -> Found:
        with self._turn:
            if self._stand is not None and time.monotonic() - self._looked < _LOOK_SECONDS:
                return self._found
            stand = self._stand_of_files()
            if stand != self._stand:
                self._found, self._stand = self._read(), stand
            self._looked = time.monotonic()
            return self._found

    def _stand_of_files(self) -> object:
        """What differs when a file does: a report hangs on the models that it reads, so all of them are looked at."""
        sources = self._sources or get_sources()
        folders = dict.fromkeys((SQL, *(source.models_folder for source in sources)))
        found = []
        for path in (path for folder in folders for path in folder.rglob("*.sql")):
            if path.is_file():
                status = path.stat()
                found.append((str(path), status.st_mtime_ns, status.st_size))
        return tuple(sorted(found))

    def _read(self) -> Found:
        from tributary.assets.factory.model_files import REPORTS
        from tributary.contents import read_contents

        contents = read_contents(self._sources or get_sources(), self._home)
        stubs = {key for key, path in contents.found.stubs.items() if path.parent.name == REPORTS}
        tables = {report.table.key for report in contents.reports.values()} | stubs
        refused = {key.removeprefix(_TABLE): why for key, why in contents.found.refused.items() if key in tables}
        return {name: one for name, one in contents.reports.items() if name not in refused}, refused
