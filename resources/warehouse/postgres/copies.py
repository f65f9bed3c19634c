"""Sends blocks of a scanned file to the server: by one COPY, or by several sessions that share them out."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from psycopg.errors import Diagnostic

from tributary.resources.interruption import breakable
from tributary.resources.warehouse.delimited.scan import Block, Reject
from tributary.resources.warehouse.postgres.session import Session

_SKIPPED = re.compile(r'at line (\d+) for column "?([^":]+)"?: (.*)', re.DOTALL)

SESSIONS = 2
"""How many share out a large file: the server takes a line apart by one processor a session."""


@dataclass
class Sent:
    """What became of blocks: rows that the server has, records set aside before, and its notices on others, by line."""

    rows: int = 0
    rejects: list[Reject] = field(default_factory=list)
    skipped: dict[int, str] = field(default_factory=dict)


Encode = Callable[[Block], bytes]


def send(session: Session, statement: str, encoded: Encode, blocks: Iterator[Block]) -> Sent:
    """Send the blocks by one COPY."""
    sent = Sent()
    numbers: list[Sequence[int]] = []
    skipped: list[tuple[int, str]] = []
    with notices(session, skipped), session.copy_in(statement) as copy:
        for block in blocks:
            sent.rejects += block.rejects
            if block.numbers:
                copy.write(encoded(block))
                numbers.append(block.numbers)
    lines = _nth(numbers, [at for at, _ in skipped])
    sent.skipped = dict(zip(lines, (notice for _, notice in skipped), strict=True))
    sent.rows = sum(map(len, numbers)) - len(skipped)
    return sent


def send_shared(session: Session, statement: str, encoded: Encode, blocks: Iterator[Block]) -> Sent:
    """Send the blocks by sessions beside this one, each of which takes the next block when it has sent one.

    The relation must be committed, and this session in a transaction, which rests meanwhile. Whatever is raised, no
    session is at work any more.
    """
    session.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    shared = _Shared(blocks)

    def one(beside: Session) -> Sent:
        try:
            return send(beside, statement, encoded, shared)
        except BaseException:
            shared.end()
            raise

    # The sessions are of this thread, so that breaking it off cancels what they are at; a COPY that was cancelled tells
    # so only at its end.
    with ExitStack() as stack, breakable(shared.end):
        sessions = [stack.enter_context(session.beside()) for _ in range(SESSIONS)]
        with ThreadPoolExecutor(SESSIONS, "copy") as threads:
            found = list(threads.map(one, sessions))
    whole = Sent(sum(each.rows for each in found))
    for each in found:
        whole.rejects += each.rejects
        whole.skipped |= each.skipped
    whole.rejects.sort()
    return whole


class _Shared(Iterator[Block]):
    """Blocks of which each is taken by one of several threads; ended, there are no more."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self._lock = threading.Lock()
        self._ended = False

    def __next__(self) -> Block:
        with self._lock:
            if self._ended:
                raise StopIteration
            return next(self._blocks)

    def end(self) -> None:
        self._ended = True


@contextmanager
def notices(session: Session, skipped: list[tuple[int, str]]) -> Iterator[None]:
    """Collect (index of the line in this COPY, column NUL value) from the server's notices on skipped rows."""

    def note(diagnostic: Diagnostic) -> None:
        match = _SKIPPED.search(diagnostic.message_primary or "")
        if match:
            skipped.append((int(match[1]) - 1, f"{match[2]}\0{match[3]}"))

    session.connection.add_notice_handler(note)
    try:
        yield
    finally:
        session.connection.remove_notice_handler(note)


def _nth(sent: Sequence[Sequence[int]], positions: Sequence[int]) -> list[int]:
    """The line numbers at rising positions in all that was sent."""
    found = []
    blocks = iter(sent)
    block: Sequence[int] = ()
    before = 0
    for position in positions:
        while position - before >= len(block):
            before += len(block)
            block = next(blocks)
        found.append(block[position - before])
    return found
