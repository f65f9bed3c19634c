"""The same graph on Postgres and on Trino, of the same sources, row by row.

`make parity` runs the unit tests of models on Trino as well.
"""

from __future__ import annotations

import pytest
from tests.asking import contents
from tests.parity.comparing import compare_graphs
from tests.parity.graph import both
from tests.running_trino import RunningTrino

LEAST = 650
"""Things that are compared, at least."""

ODD = """
SELECT
    (SELECT min(pledged_on) = date '1900-01-01' AND max(pledged_on) = date '9999-12-31' FROM staged.ornaments) AS days,
    (SELECT count(DISTINCT body) > 30 FROM staged.social_posts WHERE message_id LIKE 'odd-%') AS texts,
    (SELECT count(*) > 30 FROM staged.retail_transactions WHERE basket_id >= 8000000000) AS sales,
    (SELECT bool_or(name = 'apfel \\') FROM core.dim_sneaker) AS pairs,
    (SELECT count(*) > 9 FROM staged.meetup_events WHERE created_at < date '1901-01-01') AS events,
    (SELECT count(DISTINCT table_name) > 6 FROM quarantine.rejected_rows) AS rejected
"""
"""Whether what the sources were given for it came through."""

pytestmark = [pytest.mark.xdist_group("trino"), pytest.mark.timeout(1800)]


def test_everything_is_equal_on_both_engines(trino_server: RunningTrino) -> None:
    trino_server.wipe()
    with both(trino_server) as sides:
        found = list(compare_graphs(sides, contents()))
        odd = sides[0].warehouse.rows(ODD)
    assert [told for one in found for told in one.differences] == []
    assert len(found) > LEAST
    assert [set(row.values()) for row in odd] == [{True}]
