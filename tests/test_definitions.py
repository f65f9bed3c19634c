"""What Dagster loads at every start and in the process of every run: it must not bring in what only few steps need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HEAVY = ("dagster_postgres", "alembic", "sqlalchemy", "boto3", "pandas", "numpy", "pyarrow", "matplotlib", "scipy")


def test_loading_the_definitions_imports_nothing_heavy(tmp_path: Path) -> None:
    code = f"import sys, tributary.definitions; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TRIBUTARY_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
