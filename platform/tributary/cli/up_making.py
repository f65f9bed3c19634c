"""What `tributary up` does once, before it only watches: samples, records that a crash left, and what is out of date.

It is a process of its own, since the memory that all of Dagster and making every table take would else stay with the
launcher for as long as that runs. `up` starts it by `making`; it runs as the hidden command `up-making`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tributary.asset_store import get_graph, load_definitions
from tributary.assets.sources import get_sources
from tributary.catalogue import get_catalogue
from tributary.cli.console import out, sentence
from tributary.cli.progress import tell_cut_off
from tributary.cli.sample import ensure_samples
from tributary.cli.signals import exit_code
from tributary.instance.opening import open_instance
from tributary.instance.orphans import fail_dead_runs, fail_orphaned_runs
from tributary.launcher.errors import LauncherError
from tributary.resources.errors import TributaryError
from tributary.resources.kernel import end_with_parent
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import get_settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

PREPARED, ANNOUNCED, MADE = "prepared", "announced", "made"
"""What is told on the way: samples and records are in order; Dagster knows of all runs; these have ended."""

_GO = "go"


class MakingFailed(TributaryError):
    """The process ended early, and has said why."""


class Making:
    """The process as the launcher sees it."""

    def __init__(self, process: subprocess.Popen[str], told: int) -> None:
        self._process = process
        self._told = os.fdopen(told)

    def wait_for(self, word: str) -> None:
        """Wait until it tells of `word`.

        Raises:
            MakingFailed: it ended before.
        """
        if self._told.readline().strip() != word:
            raise MakingFailed(f"Getting ready to serve failed (exit code {self._process.wait()}), as said above.")

    def go_on(self) -> None:
        """Let it begin to materialise."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write(f"{_GO}\n")
                self._process.stdin.flush()


@contextmanager
def making(materialize: bool) -> Iterator[Making]:
    """The process; leaving has it end as Ctrl-C does, and waits for that."""
    told, tells = os.pipe()
    words = [sys.executable, "-m", "tributary", "up-making", *([] if materialize else ["--no-materialize"])]
    # In a session of its own, so that it is asked to end once, by the launcher.
    process = subprocess.Popen(
        [*words, "--tells", str(tells)], stdin=subprocess.PIPE, text=True, pass_fds=(tells,), start_new_session=True
    )
    os.close(tells)
    threading.Thread(target=process.wait, name="up-making", daemon=True).start()
    try:
        yield Making(process, told)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait()
        except KeyboardInterrupt:
            process.kill()
            raise


def make(materialize: bool, tells: int) -> int:
    """The process itself; what it tells goes to the descriptor `tells`."""
    end_with_parent(signal.SIGINT)
    with os.fdopen(tells, "w") as channel:

        def tell(word: str) -> None:
            channel.write(f"{word}\n")
            channel.flush()

        try:
            _make(materialize, tell)
        except (KeyboardInterrupt, BrokenPipeError):
            return exit_code()
    # As nobody waits for them now.
    get_catalogue()
    get_graph()
    return 0


def _make(materialize: bool, tell: Callable[[str], None]) -> None:
    settings = get_settings()
    ensure_samples(settings)
    with connect(settings) as databases, open_instance(settings, databases) as instance:
        tell_cut_off([*fail_dead_runs(instance), *fail_orphaned_runs(instance)])
        tell(PREPARED)
        if sys.stdin.readline().strip() != _GO:
            raise LauncherError("The launcher is gone.")
        if materialize:
            # With the runs announced the sensors do not ask a second time for what these are making.
            _materialise(instance, lambda: tell(ANNOUNCED))
        else:
            for text in get_sources().broken.values():
                sentence(text)
            tell(ANNOUNCED)
    tell(MADE)


def _materialise(instance: DagsterInstance, announced: Callable[[], None]) -> None:
    from tributary.cli.check import tell_refused
    from tributary.cli.materialize import carry_out, context_of, settle
    from tributary.plan import Asked, planned
    from tributary.planning import Upstream, out_of_date_or_due

    loaded = load_definitions()
    tell_refused(loaded.platform)
    context = context_of(loaded, instance)
    stale = out_of_date_or_due(loaded.defs, instance, context.dues, context.resources)
    if stale:
        out.print(f"\nMaterialising {len(stale)} assets:")
        settle(context, stale)
        if carry_out(loaded, instance, planned(context, Asked(stale), Upstream()), announced):
            out.print("[yellow]Not everything could be materialised; the UI is served all the same, and shows why.[/]")
    else:
        announced()
        out.print("[green]✓[/] Every asset is up to date.")
