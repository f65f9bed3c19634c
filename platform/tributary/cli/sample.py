"""`tributary sample`: makes the sample sources, with progress."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tributary.assets.services import USUAL_SAMPLE, SampleError, SampleWanted, Told
from tributary.assets.sources import SourceError
from tributary.cli.console import MISUSED, err, out, sentence
from tributary.resources.errors import UsageError
from tributary.resources.settings import Settings, get_settings
from tributary.services import load_services, trying


def sample(scale: float | None, force: bool) -> int:
    """Make the samples of all sources that are not the user's own."""
    if scale is not None and not 0 < scale <= 1:
        raise SampleError(f"--scale {scale} is out of range; give a number above 0 and up to 1.")
    return ensure_samples(get_settings(), SampleWanted(scale, force))


def ensure_samples(
    settings: Settings,
    wanted: SampleWanted = USUAL_SAMPLE,
    *,
    of: Collection[str] | None = None,
    quiet: bool = False,
) -> int:
    """Make what is missing of the samples of some sources, or all; what is there is left alone, edited or not.

    Of sources that are the user's own no sample is made. One that fails is told, and stops no other. Returns the exit
    code that says whether all could be had.
    """
    code = 0
    for name, services in load_services().items():
        if services.sample is None or (of is not None and name not in of):
            continue
        try:
            with trying(name, "The sample"), _bars() as told:
                found = services.sample(settings, wanted, told)
                shown = "" if found is None or (quiet and not found.made) else found.sentence
        except SourceError as error:
            sentence(str(error))
            code = max(code, MISUSED if isinstance(error.__cause__, UsageError) else 1)
        else:
            if shown:
                out.print(f"[green]✓[/] {shown}")
    return code


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
