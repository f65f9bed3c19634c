"""Objects under the raw prefix that nothing reads are counted and shown, without a walk through all of history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tributary.assets.social.arrivals import RAW, hour_path
from tributary.assets.social.strays import MOST, strays
from tributary.resources.lake.folder import FolderLake
from tributary.resources.lake.model import ObjectInfo

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
HOUR = datetime(2026, 2, 3, 7, tzinfo=UTC)


class Counting(FolderLake):
    """A lake that counts the objects which it lists."""

    listed = 0

    def list(self, prefix: str, *, after: str | None = None) -> Iterator[ObjectInfo]:
        for found in super().list(prefix, after=after):
            self.listed += 1
            yield found


@pytest.fixture
def lake(tmp_path: Path) -> Counting:
    return Counting(tmp_path)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (f"{hour_path(NOW)}part-0.parquet", "names no hour"),
        (f"{hour_path(NOW)}x.parquet.gz", "names no hour"),
        (f"{hour_path(NOW)}sub/folder", "names no hour"),
        ("2026/03/10/25/x", "names no hour"),
        ("2026/03/09/24/x", "names no hour"),
        ("2026/3/10/7/x", "names no hour"),
        ("2026/13/01/00/x", "names no hour"),
        ("year=2026/month=03/x", "names no hour"),
        ("2026-03-10/x", "names no hour"),
        ("x", "names no hour"),
        (f"{hour_path(HOUR)}sub/x", "names no hour"),
        ("2026/02/03/25/x", "names no hour"),
        ("2025/12/31/23/x", "lies before TRIBUTARY_SOCIAL_START"),
        ("2034/01/01/00/x", "lies in an hour to come"),
    ],
)
def test_an_object_that_nothing_reads_is_counted_with_its_reason(lake: Counting, key: str, reason: str) -> None:
    for hour in (FIRST, HOUR, NOW, NOW + timedelta(hours=2)):
        lake.put(f"{RAW}{hour_path(hour)}web-data-1-fine", b"{}")
    assert strays(lake, HOUR, HOUR + timedelta(hours=1), FIRST, NOW).count == 0
    lake.put(RAW + key, b"{}")
    found = strays(lake, HOUR, HOUR + timedelta(hours=1), FIRST, NOW)
    assert (found.count, found.reasons, found.examples, found.more) == (1, {reason: 1}, [RAW + key], False)
    # The newest day is looked at whatever the run's hours are; each object counts once.
    assert strays(lake, FIRST, NOW, FIRST, NOW).count == 1


def test_what_is_old_is_not_walked_and_what_is_many_is_not_counted_to_its_end(lake: Counting) -> None:
    for day in range(20):
        for n in range(5):
            lake.put(f"{RAW}{hour_path(HOUR + timedelta(days=day))}{n}", b"{}")
    assert strays(lake, NOW, NOW + timedelta(hours=1), FIRST, NOW).count == 0
    assert lake.listed <= 2
    for n in range(MOST + 100):
        lake.put(f"{RAW}year=2026/{n}", b"{}")
    lake.listed = 0
    found = strays(lake, NOW, NOW + timedelta(hours=1), FIRST, NOW)
    assert (found.count, found.more, len(found.examples)) == (MOST, True, 5)
    assert lake.listed <= MOST + 3
