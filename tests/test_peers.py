"""The bench beside other tools: figures count only where all made the same, of pinned versions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bench.__main__ import BENCHES, GROUPS, bench_named
from bench.chain import MODELS, table
from bench.errors import BenchError
from bench.peers.chain_projects import DbtProject, OwnProject, Project, SqlmeshProject
from bench.peers.installed import PINS, SCRIPTS
from bench.peers.rows import expect_same, rows_of

OURS = ["household_key,single,alcohol,bin", "1,t,12.50,", "2,f,0.00,3"]
THEIRS = ["bin,household_key,single,alcohol", "3.0,2,False,0.0", ",1,True,12.5"]


def test_the_same_values_in_another_hand_are_the_same() -> None:
    theirs = [",".join(line.split(",")[1:] + line.split(",")[:1]) for line in THEIRS]
    expect_same("ours", rows_of(OURS), "pandas", rows_of(theirs))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["1,t,12.50,", "2,f,0.01,3"], "Of row 2, alcohol is 0.00 by ours and 0.01 by pandas."),
        (["1,t,12.50,", "2,f,0.00,"], "Of row 2, bin is 3 by ours and None by pandas."),
        (["1,1,12.50,", "2,f,0.00,3"], "Of row 1, single is True by ours and 1 by pandas."),
        (["1,t,12.50,"], "The row 2 is made by ours alone."),
        (["1,t,12.50,", "2,f,0.00,3", "3,f,0.00,3"], "The row 3 is made by pandas alone."),
    ],
)
def test_a_difference_is_refused(lines: list[str], told: str) -> None:
    with pytest.raises(BenchError, match=re.escape(told)):
        expect_same("ours", rows_of(OURS), "pandas", rows_of([OURS[0], *lines]))


def test_a_key_that_is_there_twice_is_refused() -> None:
    with pytest.raises(BenchError, match="Two rows have the key 2"):
        rows_of([*OURS, OURS[-1]])


def test_every_peer_has_pinned_versions_alone_and_its_scripts_are_there() -> None:
    lists = {path.stem: path.read_text(encoding="utf-8").splitlines() for path in PINS.glob("*.txt")}
    assert set(lists) == {"dbt", "dlt", "duckdb", "pandas", "polars", "sqlmesh"}
    for lines in lists.values():
        assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!-]+", line) for line in lines)
    scripts = {path.stem for path in SCRIPTS.glob("*_*.py")} - {"__init__"}
    assert {name.partition("_")[2] for name in scripts} <= set(lists)


def test_peers_stands_for_benchmarks_that_there_are() -> None:
    for name in GROUPS["peers"]:
        assert name in BENCHES
        assert bench_named(name)


@pytest.mark.parametrize("kind", [OwnProject, DbtProject, SqlmeshProject])
def test_a_chain_in_each_tool_has_all_models_and_one_of_them_can_be_changed(
    kind: type[Project], tmp_path: Path
) -> None:
    project = kind(tmp_path / "chain", "some")
    project.write("postgresql://user@/some?host=%2Fsocket")
    texts = {path.stem: path.read_text(encoding="utf-8") for path in project.models.glob("*.sql")}
    assert set(texts) == {table(number) for number in range(1, MODELS + 1)}
    project.change(7)
    now = {path.stem: path.read_text(encoding="utf-8") for path in project.models.glob("*.sql")}
    changed = [name for name in now if now[name] != texts[name]]
    assert changed == [table(MODELS // 2)]
    assert "id + 7" in now[changed[0]]
    assert project.last == MODELS + 6
