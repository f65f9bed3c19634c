"""What a sample holds, counted while it is made, so that whatever is loaded from it can be compared.

Only the counts and their names belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

Progress = Callable[[str, float], None]
"""Told the name of what is made and the part of it that is done, 0 to 1."""

DUPLICATES = ("same_object", "next_object", "much_later")
"""Where a record is delivered again."""

BROKEN = (
    "half_written", "invalid_utf8", "missing_user_id", "bad_timestamp", "junk_line", "not_an_object", "unknown_type",
)  # fmt: skip
"""What is wrong with records that cannot become rows."""


@dataclass(frozen=True)
class SocialSampleReport:
    """What a call of `make_social_sample` found or made.

    `records` = good messages + duplicates + broken ones; each good message is delivered at least once.
    """

    seed: int
    until: datetime
    days: int
    objects: int
    bytes: int
    records: int
    messages: Mapping[str, int]
    """Distinct good messages by kind (`KINDS`)."""
    duplicates: Mapping[str, int]
    """Second deliveries of good messages, by where (`DUPLICATES`)."""
    broken: Mapping[str, int]
    """Broken records by what is wrong (`BROKEN`)."""
    trouble: Mapping[str, int]
    """Good messages that are awkward: late, skewed, numeric_ids, out_of_order_identifies, double_follows,
    unfollows_before_follow."""
    seconds: float
    made: bool
    """False where the sample was there already and nothing was touched."""
