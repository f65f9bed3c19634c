"""Calls that wait for the network, made several at a time, with their results in order and a bound on memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Argument = TypeVar("Argument")
Result = TypeVar("Result")


def in_order(
    function: Callable[[Argument], Result], arguments: Iterable[Argument], *, threads: int, ahead: int
) -> Iterator[Result]:
    """`function` of each of `arguments` in their order, at most `ahead` (at least one) begun and not yet taken.

    What a call raises is raised in its turn. Nothing is begun before the first result is asked for, and what has not
    begun is dropped when the iterator is closed.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="lake")
    pending: deque[Future[Result]] = deque()
    try:
        for argument in arguments:
            pending.append(pool.submit(function, argument))
            if len(pending) >= ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
