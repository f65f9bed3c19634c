"""The kinds of call. From https://segment.com/docs/connections/spec/"""

from __future__ import annotations

TRACK = "track"
IDENTIFY = "identify"
ALIAS = "alias"
KINDS = (TRACK, IDENTIFY, "page", "screen", "group", ALIAS)

REFUSED = "refused"
"""The type under which the collector passes on what it did not take, with a `reason`."""
