"""The sample's front door: make it once, and leave a whole one alone.

Only the order of work and the two notes in the lake belong here: one is put when a sample is begun, one, last, when it
is whole. Raw objects are never edited, so a sample that was interrupted is finished as it was begun: the note of its
beginning says for which seed, length and end. What the objects hold is in `generate`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from tributary.resources.errors import TributaryError
from tributary.resources.lake import Lake, ObjectNotFoundError

DEFAULT_SEED = 20060321
DEFAULT_DAYS = 21
MAX_DAYS = 120
GENERATOR_VERSION = 2
"""Raise it whenever the same seed, length and end would give other bytes."""
_WHOLE, _BEGUN = "web-data/sample.json", "web-data/sample-begun.json"

Progress = Callable[[str, float], None]
"""Told the name of what is made and the part of it that is done, 0 to 1."""


class SampleError(TributaryError):
    """The social sample cannot be made as asked for."""


class Terms(msgspec.Struct, frozen=True):
    """What a sample's bytes follow from."""

    seed: int
    days: int
    until: datetime
    generator_version: int = GENERATOR_VERSION


class SocialSampleReport(msgspec.Struct, frozen=True):
    """What a call of `make_social_sample` found or made; `records` counts good messages, duplicates and broken ones."""

    seed: int
    until: datetime
    days: int
    objects: int
    records: int
    seconds: float = 0.0
    made: bool = False
    """False where the sample was there already and nothing was touched."""


def make_social_sample(
    lake: Lake,
    *,
    until: datetime,
    days: int = DEFAULT_DAYS,
    seed: int = DEFAULT_SEED,
    progress: Progress = lambda _name, _part: None,
) -> SocialSampleReport:
    """Make a small social network's events of `days` days in the lake, as Firehose would have left them there.

    `until` is the end of the period: a full hour with a time zone. The same seed, days and end give the same objects,
    byte for byte; another end gives the same story at other hours. A sample that is in the lake already is left alone
    and reported, whatever its end; one that was interrupted is finished with the end that it was begun with.

    Raises:
        SampleError: the arguments cannot be used, or the lake holds a sample of another seed or length.
        LakeError: the lake cannot be read or written.
    """
    begun = time.perf_counter()
    terms = _checked(seed, days, until)
    found = _read(lake, _WHOLE, SocialSampleReport)
    if found is not None:
        if (found.seed, found.days) != (seed, days):
            raise SampleError(
                f"The lake holds a social sample of seed {found.seed} and {found.days} days, not of seed {seed} and "
                f"{days} days; delete what lies below web-data/ to make another."
            )
        return found
    from tributary.assets.social.standin.generate import put_objects

    report = put_objects(lake, _begin(lake, terms), progress)
    # Neither how long it took nor that it was made now is part of what was made: the same sample has the same note.
    lake.put(_WHOLE, _encoded(report))
    return msgspec.structs.replace(report, made=True, seconds=time.perf_counter() - begun)


def social_sample_is_made(lake: Lake) -> bool:
    """Whether the lake holds a whole sample, of whatever seed and period."""
    return lake.head(_WHOLE) is not None


def _checked(seed: int, days: int, until: datetime) -> Terms:
    if seed < 0:
        raise SampleError(f"The social sample's seed is {seed}, which cannot be used: give a number from 0 up.")
    if not 1 <= days <= MAX_DAYS:
        raise SampleError(f"The social sample cannot be of {days} days: give 1 to {MAX_DAYS}.")
    if until.tzinfo is None or until.timestamp() % 3600:
        raise SampleError(f"The social sample cannot end at {until}: give a full hour with its time zone.")
    return Terms(seed, days, until.astimezone(UTC))


def _begin(lake: Lake, terms: Terms) -> Terms:
    """Note that a sample of `terms` is begun, and return the terms to make it for: those of one begun before."""
    begun = _read(lake, _BEGUN, Terms)
    if begun is None:
        lake.put(_BEGUN, _encoded(terms))
        return terms
    if msgspec.structs.replace(begun, until=terms.until) != terms:
        raise SampleError(
            f"An unfinished social sample of another seed, length or version is noted in {lake.url(_BEGUN)}; "
            "delete that note and the objects below web-data/raw/ to make a new one."
        )
    return begun


_Note = TypeVar("_Note", Terms, SocialSampleReport)


def _read(lake: Lake, key: str, kind: type[_Note]) -> _Note | None:
    try:
        return msgspec.json.decode(lake.get(key), type=kind)
    except ObjectNotFoundError:
        return None
    except msgspec.DecodeError:
        raise SampleError(
            f"The note {lake.url(key)} of the social sample cannot be read; delete it, and what lies below "
            "web-data/raw/, to make the sample again."
        ) from None


def _encoded(note: Terms | SocialSampleReport) -> bytes:
    return msgspec.json.format(msgspec.json.encode(note), indent=2) + b"\n"
