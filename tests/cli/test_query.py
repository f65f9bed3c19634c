"""`tributary query` as it is typed and piped: statements from everywhere, and answers as the server gave them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings

ODD = "SELECT 1 AS n, 2 AS n, '[bold]x[/] :smile:' AS \"[red]\", true AS yes, NULL AS nothing, E'a\\x1b[2Jb\\nc' AS odd"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose server runs as long as the tests, so that each command only joins it."""
    folder = tmp_path_factory.mktemp("queries")
    with connect(Settings(_env_file=None, home=folder)):
        yield folder


def run(home: Path, *arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TRIBUTARY_") and key != "COLUMNS"}
    return subprocess.run(
        [sys.executable, "-m", "tributary", "query", *arguments],
        env={**kept, "TRIBUTARY_HOME": str(home), **environment},
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_a_table_loses_no_column_reads_no_markup_and_obeys_no_control_character(home: Path) -> None:
    lines = run(home, ODD).stdout.decode().splitlines()
    assert lines[0].split() == ["n", "n", "[red]", "yes", "nothing", "odd"]
    assert lines[1].split() == ["1", "2", "[bold]x[/]", ":smile:", "t", "null", "a\\x1b[2Jb+"]
    assert [line.strip() for line in lines[2:]] == ["c", "1 row"]


def test_a_statement_comes_as_argument_file_or_standard_input(home: Path, tmp_path: Path) -> None:
    sql = "-- one = 1; two\nSELECT 7 AS n;\n"
    file = tmp_path / "with blanks.sql"
    file.write_bytes(b"\xef\xbb\xbf" + sql.replace("\n", "\r\n").encode())
    answers = [
        run(home, sql, "--format", "csv"),
        run(home, "--format=csv", sql),
        run(home, "--format", "csv", "--", sql),
        run(home, "--format", "csv", "--file", str(file)),
        run(home, f"--file={file}", "--format", "csv"),
        run(home, "--format", "csv", stdin=sql.encode()),
        run(home, "-", "--format", "csv", stdin=sql.encode()),
    ]
    assert [(done.stdout, done.stderr) for done in answers] == [(b"n\n7\n", b"")] * len(answers)


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        ((), b"", "There is no statement to run"),
        (("SELECT 1", "--file", "x.sql"), b"", "not both"),
        (("--file", "/nowhere/x.sql"), b"", "/nowhere/x.sql cannot be read: No such file or directory"),
        ((), b"SELECT 1,\n'\xff'", "Standard input is not UTF-8 text (line 2)"),
        (("SELECT 1", "--format", "xml"), b"", "--format xml is not known"),
        (("SELECT 1", "--limit", "-1"), b"", "--limit"),
        (("SELECT 1", "--limitt", "1"), b"", "--limitt"),
    ],
)
def test_mistakes_of_use_end_with_2(home: Path, arguments: tuple[str, ...], stdin: bytes, sentence: str) -> None:
    done = run(home, *arguments, stdin=stdin)
    assert (done.returncode, done.stdout) == (2, b"")
    assert sentence in done.stderr.decode()


def test_answers_without_rows_keep_their_columns(home: Path) -> None:
    assert run(home, "SELECT 1 AS a, 2 AS b WHERE false", "--format", "csv").stdout == b"a,b\n"
    assert json.loads(run(home, "SELECT 1 AS a WHERE false", "--format", "json").stdout) == []
    assert run(home, "SELECT 1 AS a WHERE false").stdout.decode().split() == ["a", "0", "rows"]


def test_what_is_left_out_is_said(home: Path) -> None:
    sql = "SELECT g FROM generate_series(1, 1200) AS g"
    cut = run(home, sql, "--limit", "3", "--format", "csv")
    assert (cut.stdout, "first 3 rows" in cut.stderr.decode()) == (b"g\n1\n2\n3\n", True)
    exactly = run(home, sql, "--limit", "1200", "--format", "csv")
    assert (exactly.stdout.count(b"\n"), exactly.stderr) == (1201, b"")
    assert "1,200 rows" in run(home, sql, "--limit", "0").stdout.decode()


def test_a_reader_that_has_enough_ends_it_without_a_word(home: Path) -> None:
    command = (
        f"{sys.executable} -m tributary query --limit 0 'SELECT g FROM generate_series(1, 500000) AS g' | head -n 2"
    )
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        env={**os.environ, "TRIBUTARY_HOME": str(home)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("columns", ["20", "40"])
def test_on_a_narrow_terminal_each_row_is_a_record(home: Path, columns: str) -> None:
    sql = "SELECT 'household_summary' AS table_name, 'a value of some length' AS value_of_it, 1 AS n"
    lines = run(home, sql, COLUMNS=columns).stdout.decode().splitlines()
    assert lines[1:] == [
        "table_name   household_summary",
        "value_of_it  a value of some length",
        "n            1",
        "1 row",
    ]
    assert "household_summary  a value" in run(home, sql, COLUMNS="80").stdout.decode()
    assert "household_summary  a value" in run(home, sql).stdout.decode()


@pytest.mark.parametrize("columns", [40, 60, 100])
def test_status_fits_the_terminal_and_clips_no_name(home: Path, columns: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tributary", "status"],
        env={**os.environ, "TRIBUTARY_HOME": str(home), "COLUMNS": str(columns)},
        capture_output=True,
        text=True,
        check=True,
    )
    words = done.stdout.split()
    assert set(Settings.model_fields) <= {word.removeprefix("TRIBUTARY_").lower() for word in words}
    longest = max(len(line) for line in done.stdout.splitlines() if str(home) not in line)
    assert longest <= columns
    # Where a column is one character wide there are many; the end of a path may stand alone.
    alone = [line for line in done.stdout.splitlines() if len(line.strip()) == 1]
    assert len(alone) <= 1


@pytest.mark.parametrize(
    ("arguments", "code"), [(["materialize", "core.dim_date"], 0), (["status"], 0), (["lineage", "core.nothing"], 2)]
)
def test_a_command_does_its_work_though_nobody_reads_what_it_says(home: Path, arguments: list[str], code: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "tributary", *arguments],
        env={**os.environ, "TRIBUTARY_HOME": str(home)},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert done.returncode == code, done.stderr
    assert len(done.stderr.splitlines()) == bool(code)
    if arguments[0] == "materialize":
        assert run(home, "SELECT count(*) > 0 FROM core.dim_date", "--format", "csv").stdout == b"?column?\nt\n"


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("SELECT 1,\n'abc", "A quoted text of the statement is not closed; it begins in line 2."),
        ("SELECT $x$ $$ ", "A quoted text of the statement is not closed; it begins in line 1."),
        ("EXPLAIN (ANALYZE, VERBOSE) DELETE FROM core.dim_date", "DELETE begins no query."),
    ],
)
def test_what_cannot_be_run_is_said_in_the_words_of_the_statement(home: Path, sql: str, sentence: str) -> None:
    done = run(home, sql)
    assert (done.returncode, done.stdout) == (1, b"")
    assert sentence in done.stderr.decode()


def test_rows_without_columns_are_no_lines(home: Path) -> None:
    assert run(home, "SELECT FROM generate_series(1, 3)", "--format", "csv").stdout == b"\n"
