"""`make parity` and `make parity-aws`: compares both sides, tells what differs, and ends with how many are equal."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.asking import contents
from tests.parity.aws import all_of_it
from tests.parity.comparing import compare
from tests.parity.graph import Side, both
from tests.running_aws import running_aws
from tests.running_trino import running_trino

from tributary.cli.console import let_libraries_be_quiet, out
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings


def main() -> int:
    """1 where anything differs."""
    let_libraries_be_quiet()
    total = equal = 0
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tributary-parity-") as home, _sides(Path(home)) as sides:
        for one in compare(sides, contents()):
            total, equal = total + 1, equal + (not one.differences)
            for told in one.differences:
                out.print(told, markup=False, highlight=False, soft_wrap=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    out.print(f"{time.monotonic() - started:.0f} s, {peak} MB at most in this process", highlight=False)
    out.print(f"{equal} of {total} equal", highlight=False)
    return 0 if equal == total else 1


@contextmanager
def _sides(home: Path) -> Iterator[tuple[Side, Side]]:
    """Postgres and Trino, or with `aws` behind it the profiles `local` and `aws`."""
    if "aws" not in sys.argv[1:]:
        with running_trino(home) as running, both(running) as sides:
            yield sides
        return
    with (
        running_aws(home / "aws") as aws,
        connect(Settings.model_validate({"home": home})) as databases,
        all_of_it(aws, home, databases.server_url) as sides,
    ):
        yield sides


if __name__ == "__main__":
    try:
        sys.exit(main())
    except pytest.skip.Exception as reason:
        sys.exit(f"Nothing was compared: {reason}.")
