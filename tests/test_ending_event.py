"""How a run's process is told to end: whatever becomes of the process, who tells it goes on."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext

import pytest

from tributary.resources.dagster_internals.ending_event import EndingEvent

SECONDS = 10


@pytest.fixture(scope="module")
def context() -> ForkServerContext:
    return multiprocessing.get_context("forkserver")


def wait_for(event: EndingEvent, channel: Connection) -> None:
    channel.send(event.wait(0))
    channel.send(event.wait(SECONDS))


def test_a_process_is_told(context: ForkServerContext) -> None:
    event, (ours, theirs) = EndingEvent(context), context.Pipe()
    process = context.Process(target=wait_for, args=(event, theirs))
    process.start()
    assert (ours.recv(), event.is_set()) == (False, False)
    event.set()
    assert ours.recv() is True
    process.join(SECONDS)
    assert process.exitcode == 0


def test_who_tells_a_process_that_was_killed_goes_on(context: ForkServerContext) -> None:
    event, (ours, theirs) = EndingEvent(context), context.Pipe()
    process = context.Process(target=wait_for, args=(event, theirs))
    process.start()
    assert ours.recv() is False
    assert process.pid is not None
    time.sleep(0.5)  # until it waits
    os.kill(process.pid, signal.SIGKILL)
    process.join(SECONDS)
    telling = threading.Thread(target=event.set, daemon=True)
    telling.start()
    telling.join(SECONDS)
    assert not telling.is_alive()
    assert event.is_set()
