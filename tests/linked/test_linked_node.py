"""The arithmetic of the linked pictures, held to plain loops in Node's own test runner."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.linked.conftest import EVENTS, PAGE, WORDS, rows_and_words
from tributary.resources.warehouse.arrow import batches
from tributary.resources.warehouse.table import Table

NODE = shutil.which("node")
HERE = Path(__file__).parent


def _write(path: Path, table: Table, rows: list[dict[str, Any]]) -> None:
    found = list(batches(table, rows))
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, found[0].schema) as writer:
        for batch in found:
            # In pieces of unequal size, as rows come from the API.
            for start in range(0, batch.num_rows, 70):
                writer.write_batch(batch.slice(start, 70))


@pytest.mark.skipif(NODE is None, reason="no Node is installed")
@pytest.mark.parametrize("name", ["crossfilter", "model"])
def test_in_node(name: str, tmp_path: Path) -> None:
    rows, words = rows_and_words()
    _write(tmp_path / "events.arrow", EVENTS, rows)
    _write(tmp_path / "words.arrow", WORDS, words)
    case = {"declared": PAGE.declared(), "rows": rows, "words": words, "folder": str(tmp_path)}
    plain = json.dumps(case, default=lambda value: float(value) if hasattr(value, "quantize") else value.isoformat())
    (tmp_path / "case.json").write_text(plain)
    done = subprocess.run(
        [NODE or "", "--test", str(HERE / f"{name}.test.mjs")],
        env={**os.environ, "LINKED_CASE": str(tmp_path / "case.json")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout
