"""`tributary sample`: makes the sample sources, with progress."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tributary.cli.console import err, out
from tributary.resources.errors import UsageError
from tributary.resources.settings import Settings, get_settings

Told = Callable[[str, float], None]

SOURCES = ("retail", "social", "sneakers")
"""The domains that have a sample source to be made."""


class SampleError(UsageError):
    """The sample cannot be made as asked."""


def sample(scale: float | None, force: bool) -> int:
    """Make the samples of all sources that are not the user's own; scale and force concern the retail files."""
    settings = get_settings()
    if settings.retail_dir is not None and (scale is not None or force):
        raise SampleError(
            f"TRIBUTARY_RETAIL_DIR points at {settings.retail_dir}, which is yours; unset it to use a sample instead."
        )
    if scale is not None and not 0 < scale <= 1:
        raise SampleError(f"--scale {scale} is out of range; give a number above 0 and up to 1.")
    ensure_samples(settings, scale, force=force)
    return 0


def ensure_samples(
    settings: Settings,
    scale: float | None = None,
    *,
    of: Collection[str] = SOURCES,
    force: bool = False,
    quiet: bool = False,
) -> None:
    """Make what is missing of the sample sources of some domains; what is there is left alone, edited or not.

    Of sources that are the user's own no sample is made.
    """
    if "retail" in of and settings.retail_dir is None:
        _retail(settings, settings.retail_sample_scale if scale is None else scale, force=force, quiet=quiet)
    if "social" in of and settings.profile == "local" and settings.social_sample:
        _social(settings, quiet=quiet)
    if "sneakers" in of and settings.profile == "local" and settings.sneakers_sample:
        _sneakers(settings, quiet=quiet)


def _retail(settings: Settings, scale: float, *, force: bool, quiet: bool) -> None:
    from tributary.assets.retail.standin import DEFAULT_SEED, make_retail_sample, sample_is_made

    if not force and sample_is_made(settings.retail_folder, scale, DEFAULT_SEED):
        _complete(f"Retail sample of scale {scale:g}", quiet)
        return
    with _bars() as told:
        report = make_retail_sample(settings.retail_folder, scale, progress=told)
    lines = sum(report.rows.values())
    out.print(f"[green]✓[/] Made a retail sample of scale {scale:g}: {lines:,} lines in {report.seconds:.1f} s.")


def _social(settings: Settings, *, quiet: bool) -> None:
    from tributary.assets.social.standin import make_social_sample, social_sample_is_made
    from tributary.resources.lake import open_lake

    lake = open_lake(settings.lake_location, region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    if social_sample_is_made(lake):
        _complete("Social sample", quiet)
        return
    # The hour under way is left to the live events.
    until = datetime.now(tz=UTC).replace(minute=0, second=0, microsecond=0)
    with _bars() as told:
        report = make_social_sample(lake, until=until, progress=told)
    out.print(
        f"[green]✓[/] Made a social sample of {report.days} days: {report.records:,} events in {report.objects:,} "
        f"objects in {report.seconds:.1f} s."
    )


def _sneakers(settings: Settings, *, quiet: bool) -> None:
    from tributary.assets.sneakers.app.database import open_engine
    from tributary.assets.sneakers.app.service.opening import local_day
    from tributary.assets.sneakers.standin.make import make_sample
    from tributary.resources.postgres.databases import connect

    with connect(settings) as databases:
        engine = open_engine(databases.sqlalchemy_url("app"))
        try:
            events = make_sample(engine, local_day())
        finally:
            engine.dispose()
    if events:
        out.print(f"[green]✓[/] Made a sample collection of sneakers: {events:,} events.")
    else:
        _complete("The sneakers' log", quiet)


def _complete(what: str, quiet: bool) -> None:
    if not quiet:
        out.print(f"[green]✓[/] {what} is complete.")


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
