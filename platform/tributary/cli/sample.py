"""`tributary sample`: makes the sample sources, with progress."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tributary.assets.services import USUAL_SAMPLE, SampleError, SampleWanted, Told
from tributary.cli.console import err, out
from tributary.resources.settings import Settings, get_settings
from tributary.services import load_services


def sample(scale: float | None, force: bool) -> int:
    """Make the samples of all sources that are not the user's own."""
    if scale is not None and not 0 < scale <= 1:
        raise SampleError(f"--scale {scale} is out of range; give a number above 0 and up to 1.")
    ensure_samples(get_settings(), SampleWanted(scale, force))
    return 0


def ensure_samples(
    settings: Settings,
    wanted: SampleWanted = USUAL_SAMPLE,
    *,
    of: Collection[str] | None = None,
    quiet: bool = False,
) -> None:
    """Make what is missing of the samples of some sources, or all; what is there is left alone, edited or not.

    Of sources that are the user's own no sample is made.
    """
    for name, services in load_services().items():
        if services.sample is not None and (of is None or name in of):
            with _bars() as told:
                found = services.sample(settings, wanted, told)
            if found is not None and (found.made or not quiet):
                out.print(f"[green]✓[/] {found.sentence}")


@contextmanager
def _bars() -> Iterator[Told]:
    """Progress bars, one for each name that is told of."""
    columns = (TextColumn("  {task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        tasks: dict[str, int] = {}

        def told(name: str, fraction: float) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=1.0)
            bars.update(tasks[name], completed=fraction)  # type: ignore[arg-type]

        yield told
