"""Where the columns of the words come from."""

from __future__ import annotations

from tributary.assets.source import Lineage, SourceColumn

_TITLE = (SourceColumn("core.dim_meetup_event", "title"),)
EVENT_WORDS_LINEAGE: Lineage = {
    "month_start": (SourceColumn("core.fact_meetup_event", "local_date"),),
    "word": _TITLE,
    "events": _TITLE,
    "yes_rsvps": (SourceColumn("core.fact_meetup_event", "yes_rsvps"),),
}
