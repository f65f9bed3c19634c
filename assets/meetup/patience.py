"""How long single groups that do not answer are put up with, before it is Meetup itself that does not."""

from __future__ import annotations

from tributary.assets.meetup.api.errors import MeetupError

MOST_IN_A_ROW = 8
"""Each of them takes a minute of attempts."""

NOT_ASKED = f"It was not asked, as {MOST_IN_A_ROW} groups before it had not answered."


class Patience:
    """Counts who answered. One bad group stops no other; many in a row, for want of an answer, are no accident.

    Args:
        heard: whether Meetup has answered before.
    """

    def __init__(self, *, heard: bool = False) -> None:
        self._heard = heard
        self._in_a_row = 0

    @property
    def spent(self) -> bool:
        """Whether no more should be asked."""
        return self._in_a_row >= MOST_IN_A_ROW

    def answered(self) -> None:
        """Note an answer, be it a refusal."""
        self._heard, self._in_a_row = True, 0

    def failed(self, error: MeetupError) -> None:
        """Note a failure.

        Raises:
            MeetupError: this failure, where no other group would fare better.
        """
        self._in_a_row = self._in_a_row + 1 if error.transient else 0
        if error.everywhere or (self.spent and not self._heard):
            raise error
