"""The sample's front door: make it once, and leave a whole one alone.

Only the order of work and the lake's handling belong here. What the objects hold is in `generate`.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

from tributary.assets.social.standin.errors import SampleError
from tributary.assets.social.standin.marker import Terms, begin, read_report, write_report
from tributary.assets.social.standin.report import Progress, SocialSampleReport
from tributary.resources.lake import Lake

DEFAULT_SEED = 20060321
DEFAULT_DAYS = 21
MAX_DAYS = 120


def make_social_sample(
    lake: Lake,
    *,
    until: datetime,
    days: int = DEFAULT_DAYS,
    seed: int = DEFAULT_SEED,
    progress: Progress | None = None,
) -> SocialSampleReport:
    """Make a small social network's events of `days` days in the lake, as Firehose would have left them there.

    `until` is the end of the period: a full hour with a time zone. The same seed, days and end give the same objects,
    byte for byte; another end gives the same story at other hours. A sample that is in the lake already is left alone
    and reported, whatever its end; one that was interrupted is finished with the end that it was begun with.
    `progress` is called with a name and the part that is done, 0 to 1.

    Raises:
        SampleError: the arguments cannot be used, or the lake holds a sample of another seed or length.
        LakeError: the lake cannot be read or written.
    """
    begun = time.perf_counter()
    terms = _checked(Terms(seed, days, until))
    found = read_report(lake)
    if found is not None:
        if (found.seed, found.days) != (seed, days):
            raise SampleError(
                f"The lake holds a social sample of seed {found.seed} and {found.days} days, not of seed {seed} and "
                f"{days} days; delete what lies below web-data/ to make another."
            )
        return found
    from tributary.assets.social.standin.generate import put_objects

    report = put_objects(lake, begin(lake, terms), progress or _silent)
    write_report(lake, report)
    return replace(report, seconds=time.perf_counter() - begun)


def _checked(terms: Terms) -> Terms:
    if terms.seed < 0:
        raise SampleError(f"The social sample's seed is {terms.seed}, which cannot be used: give a number from 0 up.")
    if not 1 <= terms.days <= MAX_DAYS:
        raise SampleError(f"The social sample cannot be of {terms.days} days: give 1 to {MAX_DAYS}.")
    if terms.until.tzinfo is None or terms.until.timestamp() % 3600:
        raise SampleError(f"The social sample cannot end at {terms.until}: give a full hour with its time zone.")
    return terms._replace(until=terms.until.astimezone(UTC))


def _silent(_name: str, _fraction: float) -> None:
    """The progress of a caller who does not ask for it."""
