"""Which partitions of a source are missing: those that others of its assets have, or that lie between two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from tributary.dagster_client.assets import AssetState, Partitions, Span

_PATIENCE = timedelta(minutes=10)


def missing(assets: Iterable[AssetState], whole: Mapping[str, bool], now: datetime) -> Mapping[str, Sequence[Span]]:
    """What each asset lacks, of those that lack anything; what a run is to make, or is not over yet, is not missing.

    Args:
        assets: all of them.
        whole: by source, whether none may be missing between its first partition and its last.
        now: the moment.
    """
    timed = sorted((one for one in assets if one.partitions and one.partitions.spans), key=lambda one: one.group)
    found: dict[str, Sequence[Span]] = {}
    for group, several in groupby(timed, key=lambda one: one.group):
        members = list(several)
        due = union(span for one in members if one.partitions for span in one.partitions.spans)
        if whole.get(group):
            due = [Span(due[0].start, due[-1].end)]
        for one in members:
            if one.partitions and not one.is_awaited:
                over = _over(due, one.partitions, now - _PATIENCE)
                if gaps := without(over, one.partitions.spans):
                    found[one.key] = gaps
    return found


def _over(due: Sequence[Span], partitions: Partitions, now: datetime) -> Sequence[Span]:
    """Spans without their last partition where that is not over; its length follows from those that are made."""
    length = sum((span.end - span.start for span in partitions.spans), timedelta()) / max(partitions.made, 1)
    *before, last = due
    end = last.end - length if last.end > now else last.end
    return [*before, Span(last.start, end)] if end > last.start else before


def union(spans: Iterable[Span]) -> list[Span]:
    """The spans that cover the same time, in order, of which no two touch."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def without(spans: Sequence[Span], others: Iterable[Span]) -> list[Span]:
    """What is left of spans, which touch no other, without some others."""
    left = []
    taken = union(others)
    for span in spans:
        start = span.start
        for other in taken:
            if other.end <= start or other.start >= span.end:
                continue
            if other.start > start:
                left.append(Span(start, other.start))
            start = other.end
        if start < span.end:
            left.append(Span(start, span.end))
    return left
