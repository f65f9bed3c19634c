"""The sample as most tests look at it: made once, and read once by a reader of the tests' own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import pytest
from tests.social.sample.reading import Delivery, deliveries, first_deliveries

from tributary.assets.social.standin import SocialSampleReport, make_social_sample
from tributary.resources.lake import Lake, open_lake

UNTIL = datetime(2025, 3, 31, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Made:
    lake: Lake
    report: SocialSampleReport

    @cached_property
    def deliveries(self) -> list[Delivery]:
        return deliveries(self.lake)

    @cached_property
    def firsts(self) -> dict[str, Delivery]:
        return first_deliveries(self.deliveries)

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """Each good message once, in the order in which they happened."""
        return sorted((found.good for found in self.firsts.values()), key=lambda message: str(message["timestamp"]))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    lake = open_lake(str(tmp_path_factory.mktemp("lake")), region="us-east-1", endpoint_url=None)
    return Made(lake, make_social_sample(lake, until=UNTIL))
