"""Makes the kept home of `test_upgrade`: a backup of what an earlier commit's code made, as one small archive.

Run as `python -m tests.upgrade.make_home COMMIT`. The commit's own code, from a worktree of its own, materialises the
sources that are small, adds a user and leaves a home; the code of now backs that up as it is. The archive is then named
after the commit, and what the test counts in it is printed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = {
    "TRIBUTARY_SOURCES": "calendar,pledges",
    "TRIBUTARY_PLEDGES_SAMPLE_SCALE": "0.0005",
}


def run(tree: Path, home: Path, *words: str, given: str = "") -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TRIBUTARY_")}
    environment |= SOURCES | {"PYTHONPATH": str(tree / "platform"), "TRIBUTARY_HOME": str(home)}
    subprocess.run(
        [sys.executable, "-m", "tributary", *words], cwd=tree, env=environment, input=given, text=True, check=True
    )


def main(commit: str) -> None:
    with tempfile.TemporaryDirectory(prefix="tributary-upgrade-") as name:
        folder = Path(name)
        tree, home = folder / "tree", folder / "home"
        subprocess.run(["git", "worktree", "add", "--detach", str(tree), commit], cwd=ROOT, check=True)
        try:
            run(tree, home, "materialize")
            run(tree, home, "users", "add", "ada", "--role", "admin", "--stdin", given="a long password of hers")
            run(ROOT, home, "backup", str(folder / "home-backup"))
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)
        archive = Path(__file__).with_name(f"home-{commit[:7]}.tar.xz")
        with tarfile.open(archive, "w:xz", preset=9) as packed:
            packed.add(folder / "home-backup", "backup")
        sys.stdout.write(f"{archive}: {archive.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1])
