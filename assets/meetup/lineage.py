"""Where the columns of the words come from."""

from __future__ import annotations

from tributary.assets.source import Lineage, SourceColumn

TITLE_WORDS_LINEAGE: Lineage = {
    "event_id": (SourceColumn("core.fact_meetup_event", "event_id"),),
    "local_date": (SourceColumn("core.fact_meetup_event", "local_date"),),
    "yes_rsvps": (SourceColumn("core.fact_meetup_event", "yes_rsvps"),),
    "word": (SourceColumn("core.dim_meetup_event", "title"),),
}
