"""Entries that stand in for real ones while nobody entered any: delete this module, and `sample` in the services."""

from __future__ import annotations

from tributary.cli.templates.form.source import LOG
from tributary.sdk import AppDatabase, Sampled, SampleWanted, Settings, Told

ENTRIES: tuple[dict[str, object], ...] = (
    {"label": "first", "amount": "12.50"},
    {"label": "second"},
)


def sample(settings: Settings, _wanted: SampleWanted, _told: Told) -> Sampled | None:
    """Enter them, unless there are any entries."""
    url = LOG.url(settings)
    LOG.make(url)
    if LOG.newest(AppDatabase(lambda: url)):
        return None
    for one in ENTRIES:
        LOG.append(url, one, "stand-in")
    return Sampled(made=True, sentence=f"Entered {len(ENTRIES)} entries that stand in for real ones.")
