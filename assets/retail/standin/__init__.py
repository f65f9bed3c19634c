"""The retail sample: invented Complete Journey files, for a first run, for tests and for measurements.

The generator belongs here and nothing else of the source; the files it makes are read like the real ones. Importing
this package is cheap: numpy comes with the first sample that is made.
"""

from tributary.assets.retail.standin.make import (
    DEFAULT_SEED,
    FILES,
    SampleError,
    SampleReport,
    make_retail_sample,
    sample_is_current,
    sample_is_made,
)

__all__ = [
    "DEFAULT_SEED",
    "FILES",
    "SampleError",
    "SampleReport",
    "make_retail_sample",
    "sample_is_current",
    "sample_is_made",
]
