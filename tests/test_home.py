"""The home folder: refused in one sentence where it cannot be used, and closed to everybody but its owner."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Cli
from tributary.resources.home import HomeError, prepare_home
from tributary.resources.settings import Settings

COMMANDS = (
    ("up",),
    ("materialize", "group:calendar"),
    ("query", "SELECT 1"),
    ("status",),
    ("check",),
    ("lineage", "core.dim_date"),
    ("sample",),
    ("replay",),
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_is_made_for_its_owner_alone_whatever_the_umask(cli: Cli, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        cli("materialize", "group:calendar", home=tmp_path / "home", social_sample=False, retail_sample_scale=0.006)
    finally:
        os.umask(before)
    found = [path for path in (tmp_path / "home").rglob("*") if not path.is_symlink()]
    assert len(found) > 20
    assert [path for path in found if mode(path) & 0o077] == []
    # The user that runs Postgres for root has to pass by.
    assert mode(tmp_path / "home") & 0o077 == (0o001 if os.geteuid() == 0 else 0)


def test_what_an_earlier_version_left_open_is_closed_and_what_is_of_others_is_not(tmp_path: Path) -> None:
    inner = tmp_path / "lake" / "retail" / "object.csv"
    inner.parent.mkdir(parents=True)
    mine, theirs = tmp_path / "web-secret", tmp_path / "notes.txt"
    for path in (inner, mine, theirs):
        path.write_text("x")
        path.chmod(0o644)
    for path in (inner.parent, inner.parent.parent):
        path.chmod(0o755)
    prepare_home(tmp_path)
    assert [mode(path) for path in (inner, inner.parent, tmp_path / "lake", mine, theirs)] == [
        0o600, 0o700, 0o700, 0o600, 0o644,
    ]  # fmt: skip


def a_file(tmp_path: Path) -> Path:
    (tmp_path / "home").write_text("a file")
    return tmp_path / "home"


def under_a_file(tmp_path: Path) -> Path:
    return a_file(tmp_path) / "home"


def a_loop(tmp_path: Path) -> Path:
    (tmp_path / "home").symlink_to(tmp_path / "home")
    return tmp_path / "home" / "inner"


def nowhere(tmp_path: Path) -> Path:
    (tmp_path / "home").symlink_to(tmp_path / "gone")
    return tmp_path / "home"


def too_long(tmp_path: Path) -> Path:
    return tmp_path / ("x" * 300)


def no_text(tmp_path: Path) -> Path:
    return tmp_path / os.fsdecode(b"h\xe9me")


@pytest.mark.parametrize("way", [a_file, under_a_file, a_loop, nowhere, too_long, no_text])
def test_a_home_that_cannot_be_used_is_refused_with_its_reason(tmp_path: Path, way: Callable[[Path], Path]) -> None:
    with pytest.raises(HomeError, match=r"^TRIBUTARY_HOME is .*folder( another name)?\.$"):
        prepare_home(way(tmp_path))


def test_a_read_only_home_is_refused(disk: Callable[[str], Path]) -> None:
    place = disk("size=1m,ro")
    with pytest.raises(HomeError, match="may not be written to"):
        prepare_home(place)
    with pytest.raises(HomeError, match="read-only file system"):
        prepare_home(place / "home")


@pytest.mark.parametrize("words", COMMANDS, ids=[words[0] for words in COMMANDS])
def test_every_command_says_so_in_one_sentence(cli: Cli, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = cli(*words, check=False, home=a_file(tmp_path))
    assert done.returncode == 1
    (said,) = done.stderr.strip().splitlines()
    assert said.startswith(f"✗ TRIBUTARY_HOME is {tmp_path / 'home'}, which cannot be used (it is no folder)")


@pytest.mark.timeout(200)
def test_a_full_disk_is_named_leaves_nothing_running_and_is_recovered_from(
    cli: Cli, disk: Callable[[str], Path]
) -> None:
    place = disk("size=45m")
    home = place / "home"
    options = {"home": home, "social_sample": False, "sneakers_sample": False, "retail_sample_scale": 0.006}
    for _ in range(2):
        done = cli("materialize", "group:calendar", check=False, **options)
        assert done.returncode == 1
        assert "full" in done.stderr or "No space left" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert _running(home) == []
    subprocess.run(["mount", "-o", "remount,size=1g", str(place)], check=True)
    cli("materialize", "group:calendar", **options)
    assert _running(home) == []
    shutil.rmtree(home)


def _running(home: Path) -> list[str]:
    listed = subprocess.run(["ps", "-axo", "args="], capture_output=True, text=True, check=True).stdout
    from tributary.resources.postgres import postmaster

    data = Settings(_env_file=None, home=home).postgres_data
    servers = [f"postgres {pid}" for pid in (postmaster.processes(data) if data.exists() else [])]
    return servers + [line for line in listed.splitlines() if str(home) in line]
