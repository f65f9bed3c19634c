"""What stops a pull, beside what Meetup itself says."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class MeetupPullError(TributaryError):
    """There is nothing to pull: no group was found, or none was looked for yet."""
