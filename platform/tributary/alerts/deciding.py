"""What of the problems that are found is told, and when they are over: a pure decision over what was known before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tributary.problems import Found, Problem
from tributary.resources.wording import count, lasting, listed

AT_ONCE = frozenset(
    {"Failed run", "Failing check", "Failed partitions", "Disk", "Quarantine", "Source off", "Not made", "Ended"}
)
"""The kinds that do not pass by themselves within a minute; all others must be seen twice to be told."""

_MOST = 10
"""Problems that one message tells in full."""


@dataclass(frozen=True)
class Known:
    """A problem that goes on, or a part of one.

    Attributes:
        since: when it was first seen.
        gone_since: when it was first looked for and not found, since it was last seen.
        told_at: when people were told, if they were.
    """

    kind: str
    subject: str
    part: str
    sentence: str
    link: str
    told_by: tuple[str, ...]
    since: datetime
    gone_since: datetime | None = None
    told_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known again by."""
        return self.kind, self.subject, self.part


@dataclass(frozen=True)
class Message:
    """What is sent: `is_good` where nothing but recoveries are told."""

    title: str
    body: str
    is_good: bool


@dataclass(frozen=True)
class Decided:
    """What is known from now on, and what is to be told of it, if anything is."""

    known: Sequence[Known]
    message: Message | None


def is_told(problem: Problem) -> bool:
    """Whether people are told of it, and not only who looks: a check that keeps nothing back is only a warning."""
    return problem.bad or problem.kind != "Failing check"


def decide(known: Iterable[Known], found: Found, now: datetime, every: timedelta, address: str) -> Decided:
    """What follows from a look.

    Args:
        known: what was known before.
        found: what the look found. What only a server knows that did not answer goes on as it was.
        now: when it looked.
        every: how often it looks.
        address: the one address, as people write it.
    """
    twice = every * 0.9  # as looks are not on the second
    before = {one.key: one for one in known}
    now_known: dict[tuple[str, str, str], Known] = {}
    begun: list[Problem] = []
    for problem in filter(is_told, found.problems):
        fresh = False
        for part in problem.parts or ("",):
            own = Known(problem.kind, problem.subject, part, problem.sentence, problem.link, problem.told_by, now)
            if (old := before.get(own.key)) is not None:
                own = replace(own, since=old.since, told_at=old.told_at)
            if own.told_at is None and (problem.kind in AT_ONCE or now - own.since >= twice):
                own, fresh = replace(own, told_at=now), True
            now_known[own.key] = own
        if fresh:
            begun.append(problem)
    over: list[Known] = []
    for key, old in before.items():
        if key in now_known:
            continue
        if found.silent.intersection(old.told_by):
            now_known[key] = old
        elif old.told_at is not None and (old.gone_since is None or now - old.gone_since < twice):
            now_known[key] = replace(old, gone_since=old.gone_since or now)
        elif old.told_at is not None:
            over.append(old)
    left = sum(one.gone_since is None and one.told_at is not None for one in now_known.values())
    message = _message(begun, over, left, now, address) if begun or over else None
    return Decided(tuple(now_known.values()), message)


def _message(begun: Sequence[Problem], over: Sequence[Known], left: int, now: datetime, address: str) -> Message:
    lines = [f"{one.kind}, {one.subject}: {one.sentence}\n{address}{one.link}\n" for one in begun[:_MOST]]
    if len(begun) > _MOST:
        lines.append(f"And {count(len(begun) - _MOST, 'other')}: {address}/\n")
    ended: dict[tuple[str, str], list[Known]] = {}
    for one in over:
        ended.setdefault((one.kind, one.subject), []).append(one)
    for (kind, subject), several in ended.items():
        parts = [one.part for one in several if one.part]
        lasted = lasting((now - min(one.since for one in several)).total_seconds())
        lines.append(f"Over, after {lasted}: {kind}, {subject}{f' ({listed(parts)})' if parts else ''}.\n")
    if not begun:
        lines.append(f"{count(left, 'problem goes', 'problems go')} on: {address}/" if left else "All is well.")
    return Message(_title(begun, ended), "\n".join(lines).strip(), is_good=not begun)


def _title(begun: Sequence[Problem], ended: Iterable[tuple[str, str]]) -> str:
    told = sorted({f"{one.kind.lower()} {one.subject}" for one in begun})
    if told:
        return f"Tributary: {listed(told, 2)}"
    return f"Tributary: well again: {listed(sorted(f'{kind.lower()} {subject}' for kind, subject in ended), 2)}"
