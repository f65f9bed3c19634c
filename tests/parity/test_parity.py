"""The same graph on Postgres and on Trino, of the same sources, row by row."""

from __future__ import annotations

import pytest
from tests.asking import contents
from tests.parity.comparing import compare
from tests.parity.graph import both
from tests.running_trino import RunningTrino

pytestmark = pytest.mark.xdist_group("trino")


def test_everything_is_equal_on_both_engines(trino_server: RunningTrino) -> None:
    trino_server.wipe()
    with both(trino_server) as sides:
        found = list(compare(sides, contents()))
    assert [told for one in found for told in one.differences] == []
    assert len(found) > 400
