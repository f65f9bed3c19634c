"""The sample of pledges: invented statements of branches, for a first run, for tests and for measurements.

The generator belongs here and nothing else of the domain. Importing this package is cheap: numpy comes with the first
sample that is made.
"""

from tributary.assets.pledges.standin.make import bills_of, make_sample, sample_is_made

__all__ = ["bills_of", "make_sample", "sample_is_made"]
