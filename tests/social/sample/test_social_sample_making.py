"""Making the sample: the same again, once only, finished after an interruption, and refused where it cannot be."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tributary.assets.social.standin import SampleError, SocialSampleReport, make_social_sample, social_sample_is_made
from tributary.resources.lake import Lake, open_lake
from tributary.resources.settings import PROJECT_ROOT

UNTIL = datetime(2024, 3, 1, 9, tzinfo=UTC)


class Killed(Exception):
    """Stands for whatever ends a maker half-way."""


def _lake(folder: Path) -> Lake:
    return open_lake(str(folder), region="us-east-1", endpoint_url=None)


def _make(lake: Lake, until: datetime = UNTIL, seed: int = 5, days: int = 1) -> SocialSampleReport:
    return make_social_sample(lake, until=until, days=days, seed=seed)


def _digest(lake: Lake) -> str:
    """One number for all keys and bytes."""
    digest = hashlib.sha256()
    for info in lake.list(""):
        digest.update(info.key.encode() + b"\0" + lake.get(info.key))
    return digest.hexdigest()


def test_the_same_arguments_give_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    _make(_lake(tmp_path / "here"))
    script = (
        "from datetime import datetime; from tributary.assets.social.standin import make_social_sample; "
        "from tributary.resources.lake import open_lake; import sys; "
        "make_social_sample(open_lake(sys.argv[1], region='x', endpoint_url=None), "
        "until=datetime.fromisoformat(sys.argv[2]), days=1, seed=5)"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "there"), "2024-03-01T11:00:00+02:00"],
        check=True,
        cwd=PROJECT_ROOT,
        env={**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo"},
    )
    assert _digest(_lake(tmp_path / "here")) == _digest(_lake(tmp_path / "there"))


@pytest.mark.parametrize("until", [datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2030, 7, 6, 2, tzinfo=UTC)])
def test_another_end_gives_the_same_story_at_other_hours(tmp_path: Path, until: datetime) -> None:
    one, other = _make(_lake(tmp_path / "one")), _make(_lake(tmp_path / "other"), until)
    assert one.records == other.records
    assert _digest(_lake(tmp_path / "one")) != _digest(_lake(tmp_path / "other"))


def test_another_seed_gives_another_sample(tmp_path: Path) -> None:
    assert _make(_lake(tmp_path / "one")).records != _make(_lake(tmp_path / "other"), seed=6).records


def test_a_whole_sample_is_left_alone(tmp_path: Path) -> None:
    lake = _lake(tmp_path)
    assert not social_sample_is_made(lake)
    first = _make(lake)
    assert first.made
    assert social_sample_is_made(lake)
    before = {info.key: info.etag for info in lake.list("")}
    again = _make(lake, UNTIL + timedelta(days=3))
    assert not again.made
    assert (again.until, again.records) == (first.until, first.records)
    assert {info.key: info.etag for info in lake.list("")} == before


def test_an_interrupted_sample_is_finished_as_it_was_begun(tmp_path: Path) -> None:
    lake = _lake(tmp_path / "interrupted")

    def kill(_name: str, fraction: float) -> None:
        if fraction > 0.8:
            raise Killed

    with pytest.raises(Killed):
        make_social_sample(lake, until=UNTIL, days=1, seed=5, progress=kill)
    assert not social_sample_is_made(lake)
    report = _make(lake, UNTIL + timedelta(hours=5))
    assert report.until == UNTIL
    _make(_lake(tmp_path / "at once"))
    assert _digest(lake) == _digest(_lake(tmp_path / "at once"))


def test_a_sample_on_other_terms_is_refused(tmp_path: Path) -> None:
    lake = _lake(tmp_path)
    _make(lake)
    with pytest.raises(SampleError, match="seed 5 and 1 days, not of seed 6"):
        _make(lake, seed=6)


def test_an_unfinished_sample_on_other_terms_is_refused(tmp_path: Path) -> None:
    lake = _lake(tmp_path)

    def kill(_name: str, fraction: float) -> None:
        if fraction > 0.8:
            raise Killed

    with pytest.raises(Killed):
        make_social_sample(lake, until=UNTIL, days=1, seed=5, progress=kill)
    with pytest.raises(SampleError, match="unfinished social sample"):
        _make(lake, days=2)


@pytest.mark.parametrize("marker", [b"", b"[]", b'{"seed": 5}', b"\xff"])
def test_a_marker_that_cannot_be_read_is_said(tmp_path: Path, marker: bytes) -> None:
    lake = _lake(tmp_path)
    lake.put("web-data/sample.json", marker)
    with pytest.raises(SampleError, match=r"sample\.json .* cannot be read"):
        _make(lake)


@pytest.mark.parametrize(
    ("until", "days", "seed", "said"),
    [
        (datetime(2024, 3, 1, 9), 1, 5, "time zone"),  # noqa: DTZ001 - the case itself
        (datetime(2024, 3, 1, 9, 30, tzinfo=UTC), 1, 5, "full hour"),
        (datetime(2024, 3, 1, 9, 0, 0, 1, tzinfo=UTC), 1, 5, "full hour"),
        (datetime(2024, 3, 1, 9, tzinfo=timezone(timedelta(hours=5, minutes=30))), 1, 5, "full hour"),
        (UNTIL, 0, 5, "0 days"),
        (UNTIL, 1, -1, "seed is -1"),
    ],
)
def test_arguments_that_cannot_be_used(tmp_path: Path, until: datetime, days: int, seed: int, said: str) -> None:
    lake = _lake(tmp_path)
    with pytest.raises(SampleError, match=said):
        _make(lake, until, seed, days)
    assert list(lake.list("")) == []
