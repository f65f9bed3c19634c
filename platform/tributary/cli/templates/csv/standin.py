"""A file that stands in for real ones, in a folder that has none: delete this module, and `services` in the source."""

from __future__ import annotations

from tributary.cli.templates.csv.source import DROP
from tributary.sdk import Sampled, SampleWanted, Services, Settings, Told, open_drop

FILE = """\
id,at,label,amount
1,2026-01-01 09:30:00,first,12.50
2,2026-01-01 17:00:00,,3.00
3,2026-01-02 08:15:00,third,
4,yesterday,this has no time,1.00
"""


def _sample(settings: Settings, _wanted: SampleWanted, _told: Told) -> Sampled | None:
    drop = open_drop(settings, DROP, read_only=False)
    if next(iter(drop.list("")), None) is not None:
        return None
    drop.put("standin.csv", FILE.encode())
    return Sampled(made=True, sentence=f"Put a file that stands in for real ones into {drop.url('standin.csv')}.")


SERVICES = Services(sample=_sample)
