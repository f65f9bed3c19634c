"""`tributary sample`: makes the sample sources, with progress."""

from __future__ import annotations

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from resources.errors import TributaryError
from resources.settings import Settings, get_settings
from tributary.cli.console import err, out


class SampleError(TributaryError):
    """The sample cannot be made as asked."""


def sample(scale: float | None, force: bool) -> int:
    """Make the retail sample at the given or the set scale."""
    settings = get_settings()
    if settings.retail_dir is not None:
        raise SampleError(
            f"TRIBUTARY_RETAIL_DIR points at {settings.retail_dir}, which is yours; unset it to use a sample instead."
        )
    if scale is not None and not 0 < scale <= 1:
        raise SampleError(f"--scale {scale} is out of range; give a number above 0 and up to 1.")
    ensure_samples(settings, scale, force=force)
    return 0


def ensure_samples(settings: Settings, scale: float | None = None, *, force: bool = False, quiet: bool = False) -> None:
    """Make what is missing of the sample sources; a set of the same scale is left alone, edited or not."""
    if settings.retail_dir is not None:
        return
    from assets.retail.sample import DEFAULT_SEED, make_retail_sample, sample_is_made

    wanted = settings.retail_sample_scale if scale is None else scale
    folder = settings.retail_folder
    if not force and sample_is_made(folder, wanted, DEFAULT_SEED):
        if not quiet:
            out.print(f"[green]✓[/] Retail sample of scale {wanted:g} is complete.")
        return
    with Progress(
        TextColumn("  {task.description}"), BarColumn(), TimeElapsedColumn(), console=err, transient=True
    ) as bars:
        tasks: dict[str, int] = {}

        def progress(file: str, fraction: float) -> None:
            if file not in tasks:
                tasks[file] = bars.add_task(file, total=1.0)
            bars.update(tasks[file], completed=fraction)  # type: ignore[arg-type]

        report = make_retail_sample(folder, wanted, progress=progress)
    lines = sum(report.rows.values())
    out.print(f"[green]✓[/] Made a retail sample of scale {wanted:g}: {lines:,} lines in {report.seconds:.1f} s.")
