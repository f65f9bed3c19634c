"""Shows a run as it goes: a live table on a terminal, a line an asset elsewhere, and a summary at the end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.live import Live
from rich.table import Table
from rich.text import Text

from tributary.cli.console import err, out
from tributary.cli.signals import raise_if_asked_to_end
from tributary.resources.wording import count, duration

if TYPE_CHECKING:
    from tributary.execution import AssetProgress, Run

_SIGNS = {
    "waiting": "[dim]·[/]",
    "blocked": "[yellow]…[/]",
    "running": "[cyan]▸[/]",
    "done": "[green]✓[/]",
    "failed": "[bold red]✗[/]",
    "skipped": "[yellow]↷[/]",
    "interrupted": "[yellow]■[/]",
}
_TOLD = ("done", "failed", "skipped", "interrupted", "blocked")
_SHOWN_WHEN_LIVE = 24


def show(run: Run) -> int:
    """Execute the run and show it; 0 where every asset was materialised, else 1.

    Raises:
        KeyboardInterrupt: the run, or what follows it, is to end.
    """
    started = time.perf_counter()
    if out.is_terminal:
        with Live(_live(run), console=out, refresh_per_second=8, transient=True) as live:
            for _ in run.events():
                live.update(_live(run))
        for progress in run.assets.values():
            out.print(_line(progress))
    else:
        for progress in run.events():
            if progress.status in _TOLD:
                out.print(_line(progress), soft_wrap=True)
    _summary(run, time.perf_counter() - started)
    if run.interrupted:
        raise KeyboardInterrupt
    raise_if_asked_to_end()
    return 0 if run.succeeded else 1


def tell_cut_off(run_ids: Sequence[str]) -> None:
    """Say which runs were found dead, where there are any."""
    if run_ids:
        names = ", ".join(run_id[:8] for run_id in run_ids)
        out.print(f"[yellow]↷[/] {len(run_ids)} run(s) that a crash had cut off are marked as failed: {names}.")


def _live(run: Run) -> Table:
    """The assets around the running one, as many as fit."""
    assets = list(run.assets.values())
    done = sum(progress.status in ("done", "failed", "skipped") for progress in assets)
    first = max(0, min(done - _SHOWN_WHEN_LIVE // 2, len(assets) - _SHOWN_WHEN_LIVE))
    table = Table.grid(padding=(0, 1))
    for progress in assets[first : first + _SHOWN_WHEN_LIVE]:
        table.add_row(_line(progress))
    table.add_row(Text(f"  {done} of {len(assets)} assets", style="dim"))
    return table


def _line(progress: AssetProgress) -> Text:
    rows = count(progress.rows, "row") if progress.rows is not None else ""
    rows += f", {progress.rejected:,} rejected" if progress.rejected else ""
    seconds = duration(progress.seconds) if progress.seconds is not None else ""
    # What checks, files and servers say is appended, never read as markup.
    text = Text.from_markup(_SIGNS[progress.status]).append(f" {progress.key:<36} {rows:>16} {seconds:>10}")
    if progress.failed_checks:
        checks = ", ".join(progress.failed_checks)
        text.append(f"  {len(progress.failed_checks)} failed: {checks}", style="yellow")
    if progress.problem:
        text.append(f"\n  {progress.problem}", style="red")
    elif progress.status == "blocked":
        text.append(f"  waits for {progress.waits_for}", style="yellow")
    elif progress.status == "interrupted":
        text.append("  interrupted", style="yellow")
    elif progress.status == "skipped":
        text.append("  skipped, as something upstream failed", style="dim")
    return text


def _summary(run: Run, seconds: float) -> None:
    assets = run.assets.values()
    counts = {status: sum(progress.status == status for progress in assets) for status in _SIGNS}
    warned = sum(len(progress.failed_checks) for progress in assets if progress.status == "done")
    parts = [f"{counts['done']} materialised"]
    parts += [f"[bold red]{counts['failed']} failed[/]"] if counts["failed"] else []
    parts += [f"[yellow]{counts['skipped']} skipped[/]"] if counts["skipped"] else []
    parts += ["[yellow]interrupted[/]"] if run.interrupted else []
    parts += [f"[yellow]{warned} check warning{'s' if warned > 1 else ''}[/]"] if warned else []
    console = out if run.succeeded else err
    if run.problem:
        console.print(Text(run.problem, style="red"), soft_wrap=True)
    console.print(f"[bold]{', '.join(parts)}[/] in {duration(seconds)} [dim](run {run.run_id[:8]})[/]")
