"""Works off a run's steps on several threads, independent ones at the same time.

Only the thread that executes the run decides what begins, claims pools, and hands events on; the others run Dagster's
own code for a step, which also stores the events. Among steps that can begin, the one goes first after which most is
left to do, by what each asset took when it was made last, or what it reads took now.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

import dagster as dg

from tributary.resources.dagster_internals.running import (
    EngineEventData,
    ExecutionPlan,
    ExecutionStep,
    InstanceConcurrencyContext,
    PlanExecutionContext,
    StepExecutionContext,
    create_compute_log_file_key,
    events_of_step,
    pop_captured_interrupt,
    run_hooks,
)
from tributary.resources.interruption import interrupt, let_go_of_logs

if TYPE_CHECKING:
    from tributary.resources.dagster_internals.running import ActiveExecution

_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 5.0
"""How long an interrupted step may take to end: what hangs in a sleep is left behind, and ends with the process."""

_UNKNOWN_SECONDS = 0.1

INTERRUPTED = (KeyboardInterrupt, dg.DagsterExecutionInterruptedError)


class _StepThread(threading.Thread):
    """The thread of one step, by whose key it is named."""


@dataclass
class _Worker:
    """A step that is worked on, since when by the monotonic clock, and what it has said."""

    step: ExecutionStep
    thread: threading.Thread
    begun: float
    said: list[dg.DagsterEvent] = field(default_factory=list)


@dataclass(frozen=True)
class _Ended:
    """A worker's last word; `error` is what no event tells of."""

    error: BaseException | None


def work_off(
    context: PlanExecutionContext, plan: ExecutionPlan, slots: InstanceConcurrencyContext, at_once: int
) -> Iterator[dg.DagsterEvent]:
    """Execute the steps of a plan, `at_once` at a time at most, and yield their events.

    Raises:
        DagsterExecutionInterruptedError: the process was asked to end; every step that could be ended has been.
    """
    let_go_of_logs()
    order = _LongestFirst(plan, context.instance)
    with (
        plan.start(
            retry_mode=context.retry_mode,
            sort_key_fn=order,
            max_concurrent=at_once,
            instance_concurrency_context=slots,
            step_dependency_config=context.step_dependency_config,
        ) as active,
        ExitStack() as capture,
    ):
        yield from _captured(context, plan, capture)
        with _lines_by_step() as streams:
            yield from _Work(context, active, at_once, order, streams).events()


def _captured(context: PlanExecutionContext, plan: ExecutionPlan, capture: ExitStack) -> Iterator[dg.DagsterEvent]:
    """Keep what the whole process writes as the compute log of all steps; without one where that cannot be."""
    manager = context.instance.compute_log_manager
    log_key = manager.build_log_key_for_run(context.run_id, create_compute_log_file_key())  # type: ignore[no-untyped-call]
    keys = [step.key for step in plan.get_steps_to_execute_in_topo_order()]
    try:
        captured = capture.enter_context(manager.capture_logs(log_key))
    except OSError as error:
        yield dg.DagsterEvent.engine_event(context, f"What this run writes cannot be kept: {error}.", EngineEventData())
    else:
        yield dg.DagsterEvent.capture_logs(context, keys, log_key, captured)


class _Work:
    """The steps under way, and what they say."""

    def __init__(
        self,
        context: PlanExecutionContext,
        active: ActiveExecution,
        at_once: int,
        order: _LongestFirst,
        streams: Sequence[_ByStep],
    ) -> None:
        self._context, self._active, self._at_once, self._streams = context, active, at_once, streams
        self._order = order
        self._inbox: queue.SimpleQueue[tuple[str, dg.DagsterEvent | _Ended]] = queue.SimpleQueue()
        self._busy: dict[str, _Worker] = {}
        self._error: BaseException | None = None
        self._until: float | None = None

    def events(self) -> Iterator[dg.DagsterEvent]:
        """Work until nothing is left to do, or until the process is asked to end."""
        while self._goes_on():
            if self._until is None:
                yield from self._begin()
            try:
                key, word = self._inbox.get(timeout=self._pause())
            except queue.Empty:
                self._bury()
                continue
            worker = self._busy.get(key)
            if worker is None:
                continue
            if isinstance(word, _Ended):
                yield from self._end(worker, word.error)
            else:
                worker.said.append(word)
                yield word
                self._active.handle_event(word)
        if self._error is not None:
            raise self._error
        if self._until is not None:
            raise dg.DagsterExecutionInterruptedError("The process of this run was asked to end.")

    def _goes_on(self) -> bool:
        if self._until is None and pop_captured_interrupt():
            self._interrupt()
        if self._until is not None:
            return bool(self._busy) and time.monotonic() < self._until
        return bool(self._busy) or (self._error is None and not self._active.is_complete)

    def _begin(self) -> Iterator[dg.DagsterEvent]:
        if self._error is not None:
            return
        try:
            steps = self._active.get_steps_to_execute(self._at_once - len(self._busy))
        except dg.DagsterExecutionInterruptedError:  # asked to end while a pool was asked for a slot
            self._interrupt()
            return
        for step in steps:
            context = self._context.for_step(step, self._active.get_known_state())
            work = _StepThread(target=self._work, args=(step.key, context), name=step.key, daemon=True)
            self._busy[step.key] = _Worker(step, work, time.monotonic())
            work.start()
        yield from self._active.concurrency_event_iterator(self._context)
        if not self._busy:
            yield from self._active.plan_events_iterator(self._context)

    def _work(self, key: str, context: StepExecutionContext) -> None:
        error: BaseException | None = None
        try:
            for event in events_of_step(context):
                self._inbox.put((key, event))
        except BaseException as raised:  # noqa: BLE001 - it is the executing thread's to raise
            error = raised
        finally:
            self._inbox.put((key, _Ended(error)))

    def _end(self, worker: _Worker, error: BaseException | None) -> Iterator[dg.DagsterEvent]:
        del self._busy[worker.step.key]
        self._order.took(worker.step.key, time.monotonic() - worker.begun)
        for stream in self._streams:
            stream.end(worker.step.key)
        if error is not None and not isinstance(error, INTERRUPTED):
            self._error = self._error or error
        self._active.verify_complete(self._context, worker.step.key)
        for event in self._active.plan_events_iterator(self._context):
            worker.said.append(event)
            yield event
        yield from run_hooks(self._context.for_step(worker.step), worker.said)

    def _pause(self) -> float:
        wanted = float(self._active.sleep_interval()) if self._until is None else 0.0  # type: ignore[no-untyped-call]
        return min(wanted, _LOOK_SECONDS) if wanted > 0 else _LOOK_SECONDS if self._busy else 0.0

    def _bury(self) -> None:
        """Take out threads that were ended so early that they could not say so."""
        for key, worker in list(self._busy.items()):
            if not worker.thread.is_alive() and self._inbox.empty():
                self._inbox.put((key, _Ended(None)))

    def _interrupt(self) -> None:
        self._until = time.monotonic() + _PATIENCE_SECONDS
        self._active.mark_interrupted()
        for worker in self._busy.values():
            interrupt(worker.thread)


class _LongestFirst:
    """Sorts steps by the seconds that are left from their beginning to the end of all that waits for them.

    A step that was never made is reckoned to take as long as the longest of those that it reads, as it is likely to go
    through as many rows; so the order becomes better while a first run goes on.
    """

    def __init__(self, plan: ExecutionPlan, instance: dg.DagsterInstance) -> None:
        self._steps = [step.key for step in plan.get_steps_to_execute_in_topo_order()]
        self._needs = plan.get_executable_step_deps()
        self._took = dict(_seconds_of(self._steps, instance))
        self._left: Mapping[str, float] = {}
        self._reckon()

    def __call__(self, step: ExecutionStep) -> float:
        return -self._left.get(step.key, 0.0)

    def took(self, step: str, seconds: float) -> None:
        """Learn what a step took in this run."""
        self._took[step] = seconds
        self._reckon()

    def _reckon(self) -> None:
        seconds: dict[str, float] = {}
        for step in self._steps:
            longest = max((seconds[one] for one in self._needs[step]), default=_UNKNOWN_SECONDS)
            seconds[step] = self._took.get(step, longest)
        left: dict[str, float] = {}
        waiting: dict[str, float] = {}
        for step in reversed(self._steps):
            left[step] = seconds[step] + waiting.get(step, 0.0)
            for upstream in self._needs[step]:
                waiting[upstream] = max(waiting.get(upstream, 0.0), left[step])
        self._left = left


def _seconds_of(names: list[str], instance: dg.DagsterInstance) -> Mapping[str, float]:
    """What each asset took when it was made last, by its step."""
    keys = {dg.AssetKey(name.split("__", 1)): name for name in names}
    found: dict[str, float] = {}
    for key, event in instance.get_latest_materialization_events(list(keys)).items():
        told = event.asset_materialization.metadata.get("seconds") if event and event.asset_materialization else None
        if told is not None and isinstance(told.value, float | int):
            found[keys[key]] = float(told.value)
    return found


@contextmanager
def _lines_by_step() -> Iterator[Sequence[_ByStep]]:
    """While steps run side by side, each line that Python code of one writes begins with the name of its step."""
    before = sys.stdout, sys.stderr
    streams = _ByStep(sys.stdout), _ByStep(sys.stderr)
    sys.stdout, sys.stderr = streams
    try:
        yield streams
    finally:
        sys.stdout, sys.stderr = before


class _ByStep:
    """A stream that says which step wrote a line, in whole lines; what other threads write goes through as it is."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun: dict[str, str] = {}

    def write(self, text: str) -> int:
        """Write the lines that are whole, each with the step's name before it; the rest waits for its end."""
        thread = threading.current_thread()
        if not isinstance(thread, _StepThread):
            return self._stream.write(text)
        *lines, rest = (self._begun.pop(thread.name, "") + text).split("\n")
        if rest:
            self._begun[thread.name] = rest
        if lines:
            self._stream.write("".join(f"[{_table(thread.name)}] {line}\n" for line in lines))
        return len(text)

    def end(self, step: str) -> None:
        """Write what is left of a step that has ended."""
        if rest := self._begun.pop(step, ""):
            self._stream.write(f"[{_table(step)}] {rest}\n")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _table(step: str) -> str:
    return step.replace("__", ".", 1)
