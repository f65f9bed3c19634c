"""What can go wrong with the processes of `tributary up`, said in one sentence."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class LauncherError(TributaryError):
    """The processes cannot be started, or one of them ended when it should not have."""
