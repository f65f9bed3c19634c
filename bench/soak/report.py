"""What the soak found, as Markdown: promises, growth, what was killed and came back, sizes after the month."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MENDED = "## What was mended"
"""The part of the report that people write; it stays."""

GROWS_BY_DESIGN = ("lake", "database warehouse", "database app")
"""What keeps all that comes in."""

BOUNDED_BY_RETENTION = (
    "events",
    "runs",
    "ticks",
    "check executions",
    "evaluations",
    "database dagster",
    "compute logs",
)
"""What is deleted when it is old or there is too much of it."""

ALLOWED = 1.25
"""What the last quarter may be of the second: more grows without bound, or shrinks no more."""

_LEAST = {"memory, MB": 200.0}
_LEAST_ELSE = 10.0
_AGAIN = re.compile(r"↻ (?!The home)(.+?) (ended|no longer answers|lost|does not answer|cannot be)")


@dataclass(frozen=True)
class Promise:
    """What must hold, and all that broke it."""

    words: str
    faults: Sequence[str]


def grown(looks: Sequence[tuple[float, Mapping[str, float]]]) -> list[tuple[str, float, float, float, str]]:
    """Each measure: mean of the second and of the last quarter, its greatest value, and what that says."""
    quarter = max(len(looks) // 4, 1)
    found = []
    for name in sorted({name for _, one in looks for name in one}):
        values = [one[name] for _, one in looks if name in one]
        second = [one[name] for _, one in looks[quarter : 2 * quarter] if name in one] or values
        last = [one[name] for _, one in looks[-quarter:] if name in one] or values
        before, after = sum(second) / len(second), sum(last) / len(last)
        found.append((name, before, after, max(values), _verdict(name, before, after)))
    return found


def _verdict(name: str, before: float, after: float) -> str:
    if name.startswith(GROWS_BY_DESIGN):
        return "keeps what comes in"
    if name.startswith("seconds since"):
        return "no growth is meant"
    if after <= before * ALLOWED or after - before < _LEAST.get(name, _LEAST_ELSE):
        return "bounded"
    return "grows until retention" if name.startswith(BOUNDED_BY_RETENTION) else "GROWS"


def markdown(
    machine: str,
    hours: float,
    days: int,
    told: Sequence[str],
    kills: Counter[str],
    slowest: float,
    said: Iterable[str],
    promises: Sequence[Promise],
    growth: Sequence[tuple[str, float, float, float, str]],
    runs: Mapping[str, int],
) -> str:
    """The report."""
    again = Counter(found.group(1) for line in said if (found := _AGAIN.search(line)))
    a_day = hours * 3600 / days
    killed = ", ".join(f"{name} {number}" for name, number in kills.most_common())
    started = ", ".join(f"{name} {number}" for name, number in again.most_common())
    states = ", ".join(f"{number:,} {state.lower()}" for state, number in sorted(runs.items()))
    lines = [
        *("# Soak", ""),
        f"{machine} Written by `python -m bench soak --hours {hours:g}`: {days} days of a month, {a_day:.0f} s each.",
        "The clock is the machine's; what a day brings is sent in that time, with the times of its day.",
        *("", "## What came in, and what was done to it", ""),
        *(f"- {line}" for line in told),
        f"- Runs by state: {states}.",
        f"- Killed (-9): {killed or 'nothing'}; the slowest was well again after {slowest:.0f} s.",
        f"- Started again by `up`: {started or 'nothing'}.",
        *("", "## Promises", "", "| promise | held |", "| --- | --- |"),
    ]
    for one in promises:
        held = (
            "yes"
            if not one.faults
            else f"**no**, {len(one.faults)} times: {' '.join('; '.join(one.faults[:3]).split())}"
        )
        lines.append(f"| {one.words} | {held} |")
    lines += [
        "",
        "## What grew",
        "",
        "| measure | second quarter | last quarter | most | |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    lines += [f"| {name} | {_shown(a)} | {_shown(b)} | {_shown(c)} | {verdict} |" for name, a, b, c, verdict in growth]
    return "\n".join(lines) + "\n"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"
