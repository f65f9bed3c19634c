"""Runs a selection of assets in this process, and tells of each event as it happens.

Used by the command line, and by anything else that must wait for a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import dagster as dg

from tributary.announcing import announce
from tributary.assets.automation.partitions import UNPARTITIONED, Partitions
from tributary.assets.factory.dagster_events import REJECTED
from tributary.assets.factory.partition_rows import PARTITION_ROWS
from tributary.instance.pools import holders_of, pool_waited_for
from tributary.instance.processes import PROCESS_TAG, own_mark
from tributary.instance.run_log import STARTED_BY_COMMAND
from tributary.instance.telling import innermost, reason_of
from tributary.resources.dagster_internals.running import InMemoryJob, execute_run_iterator
from tributary.selection import SelectionError


@dataclass
class AssetProgress:
    """What is known of one asset's step so far."""

    key: str
    status: str = "waiting"
    rows: int | None = None
    rejected: int = 0
    seconds: float | None = None
    problem: str = ""
    waits_for: str = ""
    failed_checks: list[str] = field(default_factory=list)


class Run:
    """A run of some assets in this process. Iterate `events` to execute it; `assets` is up to date at each event."""

    def __init__(
        self,
        defs: dg.Definitions,
        instance: dg.DagsterInstance,
        keys: Sequence[dg.AssetKey],
        partitions: Partitions = UNPARTITIONED,
        tags: Mapping[str, str] | None = None,
        part_of: str = "",
    ) -> None:
        """Announce it; where not all assets were loaded, `part_of` is the snapshot of the job of all."""
        own = job_of_source(defs, keys)
        job = own or defs.resolve_implicit_global_asset_job_def()
        check_partitions(job, keys, partitions)
        self.partitions = partitions
        self._instance = instance
        self._job = job.get_subset(asset_selection=set(keys))
        self._run = announce(
            instance,
            self._job,
            keys,
            part_of="" if own else part_of,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            tags={**partitions.tags(), **STARTED_BY_COMMAND, PROCESS_TAG: own_mark(), **(tags or {})},
        )
        order = [key for level in self._job.asset_layer.asset_graph.toposorted_asset_keys_by_level for key in level]
        names = [".".join(key.path) for key in order if key in set(keys)]
        self.assets = {name: AssetProgress(name) for name in names}
        self.interrupted = False
        self.problem = ""

    def call_off(self) -> None:
        """End a run that was announced and is not to be executed; its assets are then as they were before it."""
        self._instance.delete_run(self.run_id)

    @property
    def run_id(self) -> str:
        """Dagster's name of the run."""
        return self._run.run_id

    def events(self) -> Iterator[AssetProgress]:
        """Execute the run; yields the asset that each event of interest concerns."""
        begun = self._run.with_status(dg.DagsterRunStatus.NOT_STARTED)
        for event in execute_run_iterator(InMemoryJob(self._job), begun, self._instance):
            self.interrupted |= event.event_type == dg.DagsterEventType.RUN_CANCELED
            if event.event_type == dg.DagsterEventType.RUN_FAILURE and not self._failed():
                # The run ended outside its steps: nothing else tells why.
                self.problem = innermost(event.job_failure_data.error)
            progress = self.assets.get((event.step_key or "").replace("__", ".", 1))
            if progress is None:
                continue
            if (pool := pool_waited_for(event)) is not None:
                progress.status, progress.waits_for = "blocked", holders_of(self._instance, pool)
                yield progress
            elif _note(progress, event):
                yield progress
        if self.interrupted:
            for progress in self.assets.values():
                if progress.status == "running":  # it could not be ended, and said nothing more
                    progress.status = "interrupted"
                    yield progress
            return
        # Of steps that a failure upstream kept from starting, Dagster says nothing.
        for progress in self.assets.values():
            if progress.status == "waiting":
                progress.status = "skipped"
                yield progress

    def _failed(self) -> bool:
        return any(progress.status == "failed" for progress in self.assets.values())

    @property
    def unmade(self) -> set[dg.AssetKey]:
        """The unpartitioned assets that the run was to make and did not."""
        graph = self._job.asset_layer.asset_graph
        keys = {dg.AssetKey(name.split(".", 1)) for name, one in self.assets.items() if one.status != "done"}
        return {key for key in keys if graph.get(key).partitions_def is None}

    @property
    def succeeded(self) -> bool:
        """Whether every asset of the run was materialised."""
        return all(progress.status == "done" for progress in self.assets.values())


def job_of_source(defs: dg.Definitions, keys: Sequence[dg.AssetKey]) -> dg.JobDefinition | None:
    """The job of the source that all these assets are of, where there is one and it makes them all."""
    repository = defs.get_repository_def()
    groups = {repository.asset_graph.get(key).group_name or "" for key in keys}
    if len(groups) == 1 and repository.has_job(name := groups.pop()):
        job = repository.get_job(name)
        if job.asset_layer.asset_graph.materializable_asset_keys >= set(keys):
            return job
    return None


def check_partitions(job: dg.JobDefinition, keys: Sequence[dg.AssetKey], partitions: Partitions) -> None:
    """Refuse partitions that the assets do not have.

    Raises:
        SelectionError: saying which asset has no such partition, or which partitions are missing.
    """
    if (partitions.start is None) != (partitions.end is None) or (partitions.key and partitions.start):
        raise SelectionError("Give either --partition, or both --from and --to.")
    graph = job.asset_layer.asset_graph
    partitioned = [key for key in keys if graph.get(key).partitions_def is not None]
    if partitions.tags() and not partitioned:
        raise SelectionError("None of the selected assets is partitioned; leave --partition, --from and --to out.")
    for key in partitioned:
        known = graph.get(key).partitions_def
        if isinstance(known, dg.DynamicPartitionsDefinition):
            if partitions.start is not None:
                raise SelectionError(
                    f"The partitions of {'.'.join(key.path)} are in no order; name one by --partition."
                )
            continue  # whether anybody asked for it, the asset's own step says
        for wanted in (partitions.key, partitions.start, partitions.end):
            if known is not None and wanted is not None and not known.has_partition_key(wanted):
                raise SelectionError(
                    f"{wanted} is no partition of {'.'.join(key.path)}, whose partitions go from "
                    f"{known.get_first_partition_key()} to {known.get_last_partition_key()}."
                )
        if known is not None and partitions.start is not None and partitions.end is not None:
            _refuse_backwards(known, partitions.start, partitions.end)
    if partitioned and not partitions.tags():
        names = ", ".join(".".join(key.path) for key in partitioned[:3])
        raise SelectionError(f"{names} is partitioned; say which with --partition, or --from and --to.")


def _refuse_backwards(known: dg.PartitionsDefinition[str], start: str, end: str) -> None:
    if not known.get_partition_keys_in_range(dg.PartitionKeyRange(start, end)):
        raise SelectionError(f"--from {start} lies after --to {end}; give the earlier partition first.")


def _note(progress: AssetProgress, event: dg.DagsterEvent) -> bool:
    """Take an event in; whether it changed what is shown."""
    kind = event.event_type
    if kind == dg.DagsterEventType.STEP_START:
        progress.status = "running"
    elif kind == dg.DagsterEventType.ASSET_MATERIALIZATION:
        metadata = event.step_materialization_data.materialization.metadata
        own, rows = metadata.get(PARTITION_ROWS), metadata.get("dagster/row_count")
        if own is not None:  # one event a partition: what was made is all of them together
            progress.rows = (progress.rows or 0) + int(str(own.value))
        elif rows is not None:
            progress.rows = int(str(rows.value))
        rejected = metadata.get(REJECTED)
        progress.rejected = int(str(rejected.value)) if rejected is not None else 0
    elif kind == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        evaluation = event.asset_check_evaluation_data
        if evaluation.passed:
            return False
        progress.failed_checks.append(evaluation.check_name)
    elif kind == dg.DagsterEventType.STEP_SUCCESS:
        progress.status = "done"
        progress.seconds = event.step_success_data.duration_ms / 1000
    elif kind == dg.DagsterEventType.STEP_FAILURE:
        source = event.step_failure_data.error_source
        interrupted = source is not None and source.name == "INTERRUPT"
        progress.status = "interrupted" if interrupted else "failed"
        progress.problem = "" if interrupted else reason_of(event)
    elif kind == dg.DagsterEventType.STEP_SKIPPED:
        progress.status = "skipped"
    else:
        return False
    return True
