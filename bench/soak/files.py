"""Files that get longer each day, with lines that do not fit; on some days one of them is no such file at all."""

from __future__ import annotations

from pathlib import Path

from bench.soak.running import Running
from bench.soak.stream import Stream
from bench.soak.watching import rows

BROKEN_EVERY = 7
LINES_A_DAY = 5
BILLS_A_DAY = 20


class GrowingFile(Stream):
    """A file, written anew each day: all that it was, more lines, and a line more that does not fit.

    Args:
        path: of the file.
        lines: what it begins with, the header first.
        table: the staged table of its lines.
        where: which of the table's rows are this file's, as a condition.
        not_fitting: a line that belongs into quarantine.
    """

    def __init__(self, path: Path, lines: list[bytes], table: str, where: str, not_fitting: bytes) -> None:
        self._path, self._lines, self._table, self._where = path, lines, table, where
        self._not_fitting, self._bad = not_fitting, 0
        self._versions = self._broken = self._rows = self._rejected = 0

    def more(self, _day: int) -> list[bytes]:
        """The lines that come with a day."""
        return []

    def day(self, day: int) -> None:
        """Write the day's version."""
        self._lines += self.more(day)
        if day % BROKEN_EVERY == BROKEN_EVERY - 1:
            self._put(b"NOT,WHAT,IT,WAS\n" + b"".join(self._lines[1:]))
            self._broken += 1
            return
        self._bad += 1
        self.mend()

    def mend(self) -> None:
        """Write the last sound version."""
        self._put(b"".join(self._lines) + self._not_fitting * self._bad)
        self._rows, self._rejected = len(self._lines) - 1, self._bad

    def missing(self, running: Running) -> list[str]:
        """Whether the table's rows are the file's lines."""
        (found,) = rows(running, f"SELECT count(*) FROM {self._table} WHERE {self._where}")[0]
        return [] if found == self._rows else [f"{self._table} has {found} rows of {self._rows} of {self._path.name}"]

    def unquarantined(self, running: Running) -> list[str]:
        """Whether each line that did not fit is in quarantine, once."""
        asked = f"SELECT count(*) FROM quarantine.rejected_rows WHERE source LIKE '%{self._path.name}'"
        (found,) = rows(running, asked)[0]
        return [] if found == self._rejected else [f"{found} lines of {self._path.name} of {self._rejected}"]

    def told(self) -> str:
        """How many versions there were."""
        return f"Versions of `{self._path.name}`: {self._versions}, of them no such file: {self._broken}."

    def _put(self, text: bytes) -> None:
        aside = self._path.with_name(f".{self._path.name}.partial")
        aside.write_bytes(text)
        aside.replace(self._path)
        self._versions += 1


class Households(GrowingFile):
    """The retail source's file of households, in its folder."""

    def __init__(self, folder: Path) -> None:
        path = folder / "hh_demographic.csv"
        super().__init__(
            path, path.read_bytes().splitlines(keepends=True), "staged.retail_households", "true", b"no,household\n"
        )

    def more(self, _day: int) -> list[bytes]:
        """Households like the last one, numbered on from ten million."""
        last = self._lines[-1].rstrip().split(b",")
        first = max(int(last[-1]), 10_000_000)
        return [b",".join([*last[:-1], str(first + number + 1).encode()]) + b"\n" for number in range(LINES_A_DAY)]


class Bills(GrowingFile):
    """The bills of a branch of its own, dropped into the folder of the source `pledges`."""

    _HEADER = (
        b"branch,bill_number,pledged_on,ornament_code,ornament_type,count,gross_weight_g,net_weight_g,purity_karat,"
        b"appraised_value\n"
    )

    def __init__(self, folder: Path) -> None:
        path = folder / "SOAK1-2025-01.csv"
        where = f"source_object = '{path.name}'"
        super().__init__(path, [self._HEADER], "staged.ornaments", where, b"SOAK1,no,bill\n")

    def more(self, day: int) -> list[bytes]:
        """The bills of a day."""
        return [
            f"SOAK1,{day:02}{number:03},2025-01-{day + 1:02},b1,Bangle,1,20.500,20.100,22.00,90000.00\n".encode()
            for number in range(BILLS_A_DAY)
        ]
