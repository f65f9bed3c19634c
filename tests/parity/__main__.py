"""`make parity`: compares both engines, tells each thing that differs, and ends with how many are equal."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest
from tests.asking import contents
from tests.parity.comparing import compare
from tests.parity.graph import both
from tests.running_trino import running_trino

from tributary.cli.console import let_libraries_be_quiet, out


def main() -> int:
    """1 where anything differs."""
    let_libraries_be_quiet()
    total = equal = 0
    with (
        tempfile.TemporaryDirectory(prefix="tributary-parity-") as home,
        running_trino(Path(home)) as running,
        both(running) as sides,
    ):
        for one in compare(sides, contents()):
            total, equal = total + 1, equal + (not one.differences)
            for told in one.differences:
                out.print(told, markup=False, highlight=False, soft_wrap=True)
    out.print(f"{equal} of {total} equal", highlight=False)
    return 0 if equal == total else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except pytest.skip.Exception as reason:
        sys.exit(f"Nothing was compared: {reason}.")
