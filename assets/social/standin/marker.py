"""The notes that say whether the sample is in the lake: one when it was begun, one, put last, when it is whole.

Raw objects are never edited, so a sample that was interrupted is finished as it was begun: the note of its beginning
says for which seed, length and end.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from tributary.assets.social.standin.errors import SampleError
from tributary.assets.social.standin.report import SocialSampleReport
from tributary.resources.lake import Lake, ObjectNotFoundError

MARKER = "web-data/sample.json"
BEGUN = "web-data/sample-begun.json"
GENERATOR_VERSION = 1
"""Raise it whenever the same seed, length and end would give other bytes."""


class Terms(NamedTuple):
    """What a sample's bytes follow from."""

    seed: int
    days: int
    until: datetime


def social_sample_is_made(lake: Lake) -> bool:
    """Whether the lake holds a whole sample, of whatever seed and period."""
    return lake.head(MARKER) is not None


def read_report(lake: Lake) -> SocialSampleReport | None:
    """What the sample in the lake holds, or None where there is no whole one.

    Raises:
        SampleError: the marker cannot be read.
    """
    found = _read(lake, MARKER)
    if found is None:
        return None
    try:
        found.pop("generator_version")
        return SocialSampleReport(**found | {"until": datetime.fromisoformat(found["until"]), "made": False})
    except (KeyError, TypeError, ValueError):
        raise _unreadable(lake, MARKER) from None


def write_report(lake: Lake, report: SocialSampleReport) -> None:
    """Declare the sample whole."""
    content = asdict(report) | {"until": report.until.isoformat(), "generator_version": GENERATOR_VERSION}
    del content["made"]
    # How long it took is not part of what was made: the same sample has the same marker.
    content["seconds"] = 0.0
    lake.put(MARKER, _encoded(content))


def begin(lake: Lake, terms: Terms) -> Terms:
    """Note that a sample of `terms` is begun, and return the terms to make it for: those of one begun before.

    Raises:
        SampleError: a sample of another seed, length or version was begun and never finished.
    """
    found = _read(lake, BEGUN)
    if found is None:
        content = {"generator_version": GENERATOR_VERSION, "seed": terms.seed, "days": terms.days}
        lake.put(BEGUN, _encoded(content | {"until": terms.until.isoformat()}))
        return terms
    try:
        begun = Terms(found["seed"], found["days"], datetime.fromisoformat(found["until"]))
    except (KeyError, TypeError, ValueError):
        raise _unreadable(lake, BEGUN) from None
    if (found.get("generator_version"), begun.seed, begun.days) != (GENERATOR_VERSION, terms.seed, terms.days):
        raise SampleError(
            f"An unfinished social sample of another seed, length or version is noted in {lake.url(BEGUN)}; "
            "delete that note and the objects below web-data/raw/ to make a new one."
        )
    return begun


def _read(lake: Lake, key: str) -> dict[str, Any] | None:
    try:
        found: Any = json.loads(lake.get(key))
    except ObjectNotFoundError:
        return None
    except ValueError:
        raise _unreadable(lake, key) from None
    if not isinstance(found, dict):
        raise _unreadable(lake, key)
    return found


def _encoded(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=2) + "\n").encode()


def _unreadable(lake: Lake, key: str) -> SampleError:
    return SampleError(
        f"The note {lake.url(key)} of the social sample cannot be read; delete it, and what lies below web-data/raw/, "
        "to make the sample again."
    )
