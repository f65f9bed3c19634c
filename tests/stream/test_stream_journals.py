"""Journals: what survives a cut or damaged file, and the names that lead from a journal to its object."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.resources.lake import Lake, open_lake
from tributary.resources.stream.firehose import FolderFirehose
from tributary.resources.stream.frames import frame
from tributary.resources.stream.naming import ObjectName

ARRIVED = datetime(2026, 1, 31, 10, 59, 58, tzinfo=UTC)
GROUPS = st.lists(st.lists(st.binary(max_size=40), min_size=1, max_size=3), min_size=1, max_size=5)


def journal(folder: Path, content: bytes) -> ObjectName:
    """A journal as a killed process leaves it."""
    name = ObjectName("web-data", ARRIVED, uuid4())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name.journal).write_bytes(content)
    return name


def recovered(home: Path) -> dict[str, bytes]:
    """The lake's objects after a new process has opened and closed the stream."""
    lake = open_lake(str(home / "lake"), region="us-east-1", endpoint_url=None)
    FolderFirehose(lake, home / "journal", "web-data", buffer_seconds=60, buffer_bytes=10**6).close()
    return contents(lake)


def contents(lake: Lake) -> dict[str, bytes]:
    return {info.key: lake.get(info.key) for info in lake.list("")}


def joined(groups: list[list[bytes]]) -> bytes:
    return b"".join(b"".join(group) for group in groups)


@settings(max_examples=60, deadline=None)
@given(groups=GROUPS, data=st.data())
def test_a_journal_cut_anywhere_keeps_every_whole_group_before_the_cut(
    groups: list[list[bytes]], data: st.DataObject
) -> None:
    frames = [frame(group) for group in groups]
    whole = b"".join(frames)
    cut = data.draw(st.integers(0, len(whole)))
    survivors, length = 0, 0
    while survivors < len(frames) and length + len(frames[survivors]) <= cut:
        length += len(frames[survivors])
        survivors += 1
    with TemporaryDirectory() as home:
        name = journal(Path(home) / "journal", whole[:cut])
        expected = joined(groups[:survivors])
        assert recovered(Path(home)) == ({name.key: expected} if expected else {})
        assert [path.name for path in (Path(home) / "journal").iterdir()] == ["lock"]


@settings(max_examples=60, deadline=None)
@given(groups=GROUPS, junk=st.binary(min_size=1, max_size=60), data=st.data())
def test_what_a_crash_wrote_of_the_last_group_is_never_delivered(
    groups: list[list[bytes]], junk: bytes, data: st.DataObject
) -> None:
    torn = frame([junk])
    kept = data.draw(st.integers(0, len(torn) - 1))
    tail = torn[:kept] + bytes(data.draw(st.sampled_from([0, len(torn) - kept])))
    if tail == torn:
        return
    with TemporaryDirectory() as home:
        name = journal(Path(home) / "journal", b"".join(map(frame, groups)) + tail)
        assert recovered(Path(home)).get(name.key, b"") == joined(groups)


def test_damage_amid_a_journal_delivers_what_is_sound_and_keeps_the_file(tmp_path: Path) -> None:
    content = bytearray(frame([b'{"n":1}']) + frame([b'{"n":2}']) + frame([b'{"n":3}']))
    content[len(frame([b'{"n":1}'])) + 14] ^= 1
    name = journal(tmp_path / "journal", bytes(content))
    assert recovered(tmp_path) == {name.key: b'{"n":1}'}
    assert (tmp_path / "journal" / f"{name.journal}.damaged").read_bytes() == bytes(content)


def test_a_journal_whose_object_was_put_before_the_crash_becomes_the_same_object_again(tmp_path: Path) -> None:
    content = frame([b'{"n":1}', b'{"n":2}']) + frame([b'{"n":3}'])
    name = journal(tmp_path / "journal", content)
    first = recovered(tmp_path)
    (tmp_path / "journal" / name.journal).write_bytes(content)
    assert recovered(tmp_path) == first


def test_files_that_are_no_journals_stay_untouched(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    strangers = [
        "notes.txt",
        "web-data-1-2026-13-31-10-59-58-x.journal",
        f"web-data-1-2026-13-31-10-59-58-{uuid4()}.journal",
    ]
    for stranger in strangers:
        (folder / stranger).write_bytes(b"mine")
    assert recovered(tmp_path) == {}
    assert sorted(path.name for path in folder.iterdir()) == sorted([*strangers, "lock"])


@given(
    stream=st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", fullmatch=True),
    arrived=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - hypothesis adds the zone
    identity=st.uuids(),
)
def test_a_journals_name_holds_the_whole_key(stream: str, arrived: datetime, identity: UUID) -> None:
    name = ObjectName(stream, arrived.replace(tzinfo=UTC), identity)
    found = ObjectName.of_journal(name.journal)
    assert found is not None
    assert found.key == name.key
    hour, base = name.key.removeprefix("web-data/raw/").rsplit("/", 1)
    assert hour == f"{arrived:%Y/%m/%d/%H}"
    assert base == f"{stream}-1-{arrived:%Y-%m-%d-%H-%M-%S}-{identity}"
