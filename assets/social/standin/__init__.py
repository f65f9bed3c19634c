"""The social sample: the events of an invented network, for a first run, for tests and for a live stream.

The generator belongs here and nothing else of the source; what it leaves in the lake is read like any other events.
Importing this package is cheap: the generator comes with the first sample that is made.
"""

from __future__ import annotations

from tributary.assets.social.standin.make import (
    DEFAULT_DAYS,
    DEFAULT_SEED,
    SampleError,
    SocialSampleReport,
    make_social_sample,
    social_sample_is_made,
)

__all__ = [
    "DEFAULT_DAYS",
    "DEFAULT_SEED",
    "SampleError",
    "SocialSampleReport",
    "make_social_sample",
    "social_sample_is_made",
]
