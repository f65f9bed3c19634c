"""What tests of pages share."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _main_stays() -> Iterator[None]:
    """A page that runs in this process takes the place of `__main__`, by which processes that are spawned begin."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
