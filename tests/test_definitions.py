"""What Dagster loads at every start and in the process of every run: it must not bring in what only few steps need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HEAVY = ("dagster_postgres", "alembic", "sqlalchemy", "boto3", "pandas", "numpy", "pyarrow", "matplotlib", "scipy")


RUNNING = "tributary.definitions, tributary.plan, tributary.execution, tributary.instance.pooled_storage"
"""What a command imports that runs assets."""


def imported(home: Path, names: tuple[str, ...], by: str = "tributary.definitions") -> list[str]:
    """Which of these modules a process has that loads the definitions in a home, and what else `by` says."""
    code = f"import sys, {by}; print(*[name for name in {names!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TRIBUTARY_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_loading_the_definitions_imports_nothing_heavy(tmp_path: Path) -> None:
    assert imported(tmp_path, HEAVY) == []
    assert imported(tmp_path, ("alembic.command", "psutil"), RUNNING) == [], "no run needs them"
    assert imported(tmp_path, ("sqlglot",)) == [], "models that were read once need not be parsed to be known"
