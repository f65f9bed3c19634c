"""From the drop to the warehouse: what counts of several versions, what is refused, what is noticed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from tests.pledges.conftest import HEADER, Branches, bill, checks, counted, keys_of

from tributary.assets.automation.changed_files import SETTLE_NANOSECONDS
from tributary.assets.factory.dropped_files import DroppedFilesError
from tributary.assets.factory.specs import REPLAY
from tributary.assets.pledges.files import FILES
from tributary.assets.pledges.parts import DROP, PARTS
from tributary.automation.jobs import source_jobs
from tributary.resources.lake import Lake, LakeAccessError, open_lake

MARCH, APRIL = "MUM01-2025-03.csv", "MUM01-2025-04.csv"


def test_a_later_version_of_a_file_replaces_all_that_the_earlier_said(branches: Branches) -> None:
    branches.state(MARCH, bill(1), bill(2, count=2))
    branches.state(APRIL, bill(9, day="2025-04-01"))
    branches.run()
    assert branches.rows("bill_number, item_count") == [("000001", 1), ("000002", 2), ("000009", 1)]
    branches.state(MARCH, bill(2, count=3), bill(3))
    assert counted(branches.run()) == {"read": 2, "loaded": 2, "rejected": 0, "duplicates": 0}
    assert branches.rows("bill_number, item_count") == [("000002", 3), ("000003", 1), ("000009", 1)]
    branches.state(MARCH)
    branches.run()
    assert branches.rows() == [("000009",)]


def test_what_is_as_it_was_is_not_loaded_again(branches: Branches) -> None:
    branches.state(MARCH, bill(1))
    branches.run()
    result = branches.run()
    (told,) = result.asset_materializations_for_node("staged__ornaments")
    assert told.metadata["objects loaded now"].value == 0
    assert branches.rows() == [("000001",)]


def test_a_file_that_is_taken_away_goes_on_to_count(branches: Branches) -> None:
    path = branches.state(MARCH, bill(1))
    branches.run()
    path.unlink()
    branches.state(APRIL, bill(9, day="2025-04-01"))
    branches.run()
    assert branches.rows() == [("000001",), ("000009",)]


def test_lines_that_do_not_fit_are_in_quarantine_until_they_are_mended(branches: Branches) -> None:
    bad = bill(2, count=0)
    branches.state(MARCH, bill(1), bad)
    branches.state(APRIL, bill(9, day="2025-04-01"))
    result = branches.run()
    assert counted(result) == {"read": 3, "loaded": 2, "rejected": 1, "duplicates": 0, "count is not above 0": 1}
    assert checks(result)["no_rejects"] is False
    assert branches.rejected() == [(MARCH, 3, bad, "count is not above 0")]
    (told,) = branches.run(**{REPLAY: "true"}).asset_materializations_for_node("staged__ornaments")
    assert told.metadata["objects loaded now"].value == 1
    assert branches.rejected() == [(MARCH, 3, bad, "count is not above 0")]
    branches.state(MARCH, bill(1), bill(2))
    branches.run()
    assert branches.rejected() == []
    assert branches.rows() == [("000001",), ("000002",), ("000009",)]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (HEADER.replace("branch,", "shop,"), "column branch is missing"),
        (HEADER.replace(",", ";"), "separated by semicolons"),
        ("PK\x03\x04", "compressed"),
    ],
)
def test_a_version_that_cannot_be_read_is_told_and_the_one_before_counts(
    branches: Branches, header: str, reason: str
) -> None:
    branches.state(MARCH, bill(1))
    branches.run()
    branches.state(MARCH, bill(2), header=header)
    branches.state(APRIL, bill(9, day="2025-04-01"))
    result = branches.run()
    assert checks(result)["every_file_counts"] is False
    assert branches.rows() == [("000001",), ("000009",)]
    ((source, line, text, why),) = branches.rejected()
    assert (source, line, text) == (f"{MARCH} (refused)", 1, header)
    assert reason in why
    assert checks(branches.run())["every_file_counts"] is False
    branches.state(MARCH, bill(3))
    assert checks(branches.run())["every_file_counts"] is True
    assert branches.rejected() == []
    assert branches.rows() == [("000003",), ("000009",)]


def test_a_file_whose_name_is_no_statement_s_is_told(branches: Branches) -> None:
    branches.state("mum01-2025-3.csv", bill(1))
    branches.state("notes.txt", "call Mumbai")
    branches.run()
    assert branches.rows() == []
    ((_, _, _, reason),) = branches.rejected()
    assert reason.startswith("mum01-2025-3.csv is not called <BRANCH>-<yyyy>-<mm>.csv")


def test_what_is_no_file_or_may_not_be_read_keeps_no_other_out(
    branches: Branches, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(branches.folder / "DEL01-2025-03.csv")
    (branches.folder / "BLR01-2025-03.csv").symlink_to("/dev/zero")
    (branches.folder / "KOC01-2025-03.csv").mkdir()
    (branches.folder / "KOC01-2025-03.csv" / "KOC01-2025-03.csv").write_text(HEADER)
    (branches.folder / "back\\slash.csv").write_text(HEADER)
    closed = branches.state("CHE01-2025-03.csv", bill(2, "CHE01"))
    branches.state(MARCH, bill(1))
    opened = os.open

    def refusing(path: Any, *arguments: Any, **named: Any) -> int:
        if Path(path).name == closed.name:
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refusing)
        result = branches.run()
    assert checks(result)["every_file_counts"] is False
    assert branches.rows() == [("000001",)]
    assert checks(branches.run())["every_file_counts"] is True
    assert branches.rows() == [("000002",), ("000001",)]


def test_a_file_that_changes_while_it_is_read_is_left_for_later(
    branches: Branches, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = branches.state(MARCH, bill(1))
    read = type(branches.drop).get

    def changing(lake: Lake, key: str) -> bytes:
        data = read(lake, key)  # type: ignore[arg-type]
        if key == MARCH:
            path.write_text("half")
        return data

    with monkeypatch.context() as patched:
        patched.setattr(type(branches.drop), "get", changing)
        taken = FILES.take_in(branches.lake, branches.drop)
    assert "changed while it was read" in taken.problems[MARCH]
    assert taken.index == {}


@pytest.mark.parametrize("kept", [b"cut", None])
def test_an_object_that_was_cut_or_lost_is_put_right_from_the_drop(branches: Branches, kept: bytes | None) -> None:
    path = branches.state(MARCH, bill(1))
    FILES.take_in(branches.lake, branches.drop)
    (key,) = [info.key for info in branches.lake.list("pledges/raw/") if info.key.endswith(".csv")]
    if kept is None:
        branches.lake.delete_prefix(key)
    else:
        branches.lake.put(key, kept)
    again = FILES.take_in(branches.lake, branches.drop)
    assert again.new == []
    assert branches.lake.get(key) == path.read_bytes()


def test_an_index_that_cannot_be_read_is_named_and_nothing_is_guessed(branches: Branches) -> None:
    branches.lake.put("pledges/raw/index.json", b"{")
    with pytest.raises(DroppedFilesError, match=r"index\.json, .* cannot be read; delete it"):
        FILES.take_in(branches.lake, branches.drop)


def test_a_drop_is_left_as_it_is_and_one_that_is_not_there_is_told(tmp_path: Path, branches: Branches) -> None:
    nowhere = open_lake(str(tmp_path / "nowhere"), region="us-east-1", endpoint_url=None, read_only=True)
    with pytest.raises(dg.Failure, match=r"There is no folder .*nowhere"):
        dg.materialize([PARTS.assets[0]], resources={**branches.resources, DROP: nowhere})
    assert not (tmp_path / "nowhere").exists()
    FILES.take_in(branches.lake, branches.drop)
    assert list(branches.folder.iterdir()) == []
    with pytest.raises(LakeAccessError, match="read only"):
        branches.drop.put(MARCH, b"x")


def look(branches: Branches, cursor: str | None = None) -> Any:
    assets = list(PARTS.assets)
    defs = dg.Definitions(assets, jobs=source_jobs(assets, {}), resources=branches.resources)
    context = dg.build_sensor_context(
        instance=branches.instance,
        cursor=cursor,
        resources={"lake": branches.lake, DROP: branches.drop},
        repository_def=defs.get_repository_def(),
    )
    return PARTS.sensors[0].evaluate_tick(context)


def test_new_and_changed_statements_are_noticed_once_they_have_settled(branches: Branches) -> None:
    assert not look(branches).run_requests
    branches.state(MARCH, bill(1))
    (branches.folder / APRIL).write_text(HEADER)
    first = look(branches)
    assert keys_of(first) == {"raw/csv_pledges", "staged/ornaments"}
    assert first.run_requests[0].tags["tributary/files"] == MARCH
    assert not look(branches, first.cursor).run_requests
    settled = (branches.folder / APRIL).stat().st_mtime_ns - 2 * SETTLE_NANOSECONDS
    os.utime(branches.folder / APRIL, ns=(settled, settled))
    branches.run()
    assert not look(branches, first.cursor).run_requests
    branches.state(MARCH, bill(2), header="no header")
    refused = look(branches, first.cursor)
    assert refused.run_requests[0].tags["tributary/files"] == MARCH
    branches.run()
    assert not look(branches, refused.cursor).run_requests


def test_of_very_many_new_files_the_run_names_some(branches: Branches) -> None:
    for month in range(1, 13):
        for year in (2023, 2024):
            branches.state(f"MUM01-{year}-{month:02d}.csv")
    (request,) = look(branches).run_requests
    assert request.tags["tributary/files"].endswith(" and 4 more")


def test_a_prefix_of_s3_is_a_drop_like_a_folder(branches: Branches, monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        import boto3

        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        url = "http://{}:{}".format(*server.get_host_and_port())
        s3 = boto3.client("s3", endpoint_url=url, region_name="us-east-1")
        s3.create_bucket(Bucket="branches")
        for name, line in ((MARCH, bill(1)), (APRIL, bill(9, day="2025-04-01"))):
            s3.put_object(Bucket="branches", Key=f"in/{name}", Body=f"{HEADER}\n{line}\n".encode())
        drop = open_lake("s3://branches/in", region="us-east-1", endpoint_url=url, read_only=True)
        taken = FILES.take_in(branches.lake, drop)
        assert (sorted(taken.new), taken.problems) == ([MARCH, APRIL], {})
        assert FILES.take_in(branches.lake, drop).new == []
    finally:
        server.stop()


@pytest.mark.parametrize("puts", range(4))
def test_a_look_at_the_drop_that_was_killed_is_made_again(
    branches: Branches, monkeypatch: pytest.MonkeyPatch, puts: int
) -> None:
    branches.state(MARCH, bill(1))
    branches.run()
    branches.state(MARCH, bill(2))
    branches.state(APRIL, bill(9, day="2025-04-01"))
    put, left = type(branches.lake).put, [puts]

    def killed(lake: Lake, key: str, data: Any) -> Any:
        if lake is branches.lake and not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return put(lake, key, data)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(type(branches.lake), "put", killed)
        if puts < 3:
            with pytest.raises(KeyboardInterrupt):
                FILES.take_in(branches.lake, branches.drop)
            # What is half there counts for nothing: the index comes last.
            assert FILES.index(branches.lake).keys() == {MARCH}
        else:
            FILES.take_in(branches.lake, branches.drop)
    branches.run()
    assert branches.rows() == [("000002",), ("000009",)]
