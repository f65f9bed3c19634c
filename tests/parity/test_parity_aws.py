"""A graph on the profile `aws`, which comes in by the collector, beside the same on the profile `local`, row by row."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.asking import contents
from tests.parity.aws import EVENTS, some
from tests.parity.comparing import compare_made
from tests.running_aws import RunningAws

from tributary.resources.postgres.databases import Databases

pytestmark = [pytest.mark.xdist_group("aws"), pytest.mark.timeout(900)]

TARGETS = ("gold/household_summary", "gold/social_user_summary", "gold/social_daily_activity")
"""Made with all that they are made of: from files and from events, by windows and whole, with history; of each layer.

`make parity-aws` makes the whole graph.
"""


def test_the_tables_of_both_profiles_are_equal(aws: RunningAws, databases: Databases, tmp_path: Path) -> None:
    aws.wipe()
    with some(aws, tmp_path, databases.server_url, TARGETS) as sides:
        made = {key.replace("/", ".") for key in sides[0].told}
        found = list(compare_made(sides, {key: one for key, one in contents().tables.items() if key in made}))
        (told,) = sides[1].warehouse.rows("SELECT count(*) AS events FROM core.fact_social_event")
    assert "\n".join(told for one in found for told in one.differences) == ""
    assert len(made) > 25
    assert told["events"] == EVENTS
