"""What is wrong: each problem with a sentence, and where it is looked at or mended. Pure functions of what is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

from tributary.assets.source import Source
from tributary.catalogue import Catalogue
from tributary.dagster_client.assets import Span
from tributary.dagster_client.ticks import Acting
from tributary.launcher.services import DAGSTER_PATH
from tributary.problems.knowing import FromDagster, FromWarehouse
from tributary.problems.partitions import missing
from tributary.resources.disk import LOW_BELOW
from tributary.resources.wording import ago, count, lasting, listed, size

_LONGEST = 400
_SILENCE, _MISSED_TICKS = timedelta(minutes=10), 10
"""For how long, and for how many of its intervals, a sensor may give no tick before that is told."""


@dataclass(frozen=True)
class Problem:
    """Something that needs somebody. It goes on for as long as one of the same kind, of the same subject, is found.

    Attributes:
        kind: in a word or two.
        subject: the name of what it is about.
        sentence: what is wrong.
        link: the path, below the one address, of where it is looked at or mended.
        doing: what one does there.
        bad: whether something does not work; else it is to be looked at.
        parts: what of the subject it is about, where that is several: the assets that a run did not make.
        told_by: the servers without whose answer nobody knows whether it goes on.
    """

    kind: str
    subject: str
    sentence: str
    link: str
    doing: str
    bad: bool = True
    parts: tuple[str, ...] = ()
    told_by: tuple[str, ...] = ()


def of_parts(down: Iterable[str], sentences: Mapping[str, str]) -> Iterator[Problem]:
    """Processes that are down, and servers that do not tell."""
    for name in down:
        yield Problem(
            "Down", name, "It is down at this moment, and being started again.", "/platform/", "See the processes"
        )
    for name, sentence in sentences.items():
        yield Problem(
            "No answer", name, f"{sentence} What only it knows is not told here.", "/platform/", "See the processes"
        )


def of_declarations(catalogue: Catalogue, broken: Mapping[str, str]) -> Iterator[Problem]:
    """Sources and models that cannot be used as they are written."""
    for name, sentence in broken.items():
        yield Problem("Source off", name, sentence, f"{DAGSTER_PATH}/asset-groups/", "See the assets")
    for table in catalogue.tables:
        if table.refused:
            yield Problem("Not made", table.key, _short(table.refused), _asset(table.key), "See the asset")


def of_dagster(found: FromDagster, sources: Iterable[Source], now: datetime) -> Iterator[Problem]:
    """Runs, checks, sensors and daemons that fail, and tables and partitions that are behind."""
    for failed in found.failed:
        why = _short(failed.why) or "It ended without a word of why."
        made = f" Not made: {listed(failed.assets)}." if failed.assets else ""
        run = failed.run
        when = ago(run.ended or run.created, now)
        told = f"{why}{made} {when.capitalize()}."
        yield Problem("Failed run", run.job, told, _run(run.id), "See the run", parts=tuple(failed.assets))
    for asset in found.assets:
        for check in asset.failing:
            where = f"{_asset(asset.key)}?{urlencode({'view': 'checks', 'check_name': check.name})}"
            effect = "which keeps new rows from being published" if check.blocks else "a warning"
            told = f"The check {check.name} of {asset.key} fails, {effect}, since {ago(check.at, now)}."
            yield Problem("Failing check", check.name, told, where, "See the check", check.blocks, (asset.key,))
    failed_runs = {key for one in found.failed for key in one.assets}
    for asset in found.assets:
        if asset.partitions and asset.partitions.failed and asset.key not in failed_runs:
            told = f"{count(asset.partitions.failed, 'partition')} of it failed when last made."
            yield Problem(
                "Failed partitions", asset.key, told, f"{_asset(asset.key)}?view=partitions", "See the partitions"
            )
    for behind in found.behind:
        causes = listed([f"{key} {why}" for key, why in behind.asset.stale.items()])
        since = f", for {lasting((now - behind.since).total_seconds())}" if behind.since else ""
        told = f"It is out of date{since}: {causes}."
        yield Problem("Stale", behind.asset.key, told, _asset(behind.asset.key), "Materialise it", bad=False)
    whole = {one.name: one.every_partition for one in sources}
    for key, gaps in missing(found.assets, whole, now).items():
        told = f"It lacks the partitions of {listed([_spoken(gap) for gap in gaps])}."
        yield Problem("Missing", key, told, f"{_asset(key)}?view=partitions", "Make them", bad=False)
    yield from _of_tickers(found.acting, now)
    for daemon in found.acting.daemons:
        if not daemon.is_well:
            seen = ago(daemon.heartbeat, now) if daemon.heartbeat else "never"
            told = f"It gave its last sign of life {seen}."
            yield Problem("Daemon", daemon.name, told, "/platform/", "See the platform")


def _of_tickers(acting: Acting, now: datetime) -> Iterator[Problem]:
    """Sensors and schedules that fail, that somebody stopped, and that stopped by themselves."""
    where = f"{DAGSTER_PATH}/automation"
    ticking = all(one.is_well for one in acting.daemons)
    for one in acting.tickers:
        if not one.is_on:
            told = "It is stopped, so that nothing which it asks for happens."
            yield Problem(f"Stopped {one.kind}", one.name, told, where, "Start it", bad=False)
        elif one.last is not None and one.last.failed:
            yield Problem(f"Failed {one.kind}", one.name, _short(one.last.sentence), where, "See its ticks")
        elif ticking and one.every and one.last and now - one.last.at > max(_SILENCE, _MISSED_TICKS * one.every):
            told = f"It is on, but ticked last {ago(one.last.at, now)}."
            yield Problem(f"Silent {one.kind}", one.name, told, where, "See its ticks")


def of_age(
    sources: Iterable[Source],
    catalogue: Catalogue,
    warehouse: FromWarehouse,
    dagster: FromDagster | None,
    now: datetime,
) -> Iterator[Problem]:
    """Tables that are older than their source says, one need a source."""
    made = {one.key: one.made_at for one in dagster.assets if one.made_at} if dagster else {}
    for source in sources:
        ages: dict[str, timedelta] = {}
        for table in catalogue.tables:
            changed = warehouse.updated.get(table.key)
            if table.source == source.name and table.freshness is not None and changed is not None:
                age = now - max(changed, made.get(table.key, changed))
                if age > table.freshness:
                    ages[table.key] = age
        if ages and source.freshness is not None:
            names = sorted(ages, key=lambda key: -ages[key])
            oldest = lasting(ages[names[0]].total_seconds())
            told = (
                f"Nothing new came into {listed(names)}, the oldest for {oldest}; something should at least every "
                f"{lasting(source.freshness.total_seconds())}."
            )
            yield Problem("Stale", source.name, told, _asset(names[0]), "See the asset", bad=False)


def of_quarantine(rejected: Mapping[str, int]) -> Iterator[Problem]:
    """Records that no table could take."""
    for name, number in rejected.items():
        told = f"{count(number, 'record is', 'records are')} in quarantine, as no table could take what they hold."
        yield Problem("Quarantine", name, told, f"/quarantine/?{urlencode({'table': name})}", "Look at them", bad=False)


def of_disk(free: int, home: str) -> Iterator[Problem]:
    """A disk that will soon be full."""
    if free < LOW_BELOW:
        told = f"The disk of {home} has {size(free)} left: make room, or runs will fail."
        yield Problem("Disk", "Disk", told, "/platform/#disk", "See what takes it")


def ordered(problems: Iterable[Problem]) -> Sequence[Problem]:
    """What does not work before what is to be looked at, each kind together."""
    return sorted(problems, key=lambda one: not one.bad)


def _spoken(span: Span) -> str:
    """A span of partitions: days where it begins and ends at midnight, else hours; both ends are part of it."""
    midnight = all(one.astimezone(UTC).strftime("%H%M") == "0000" for one in (span.start, span.end))
    if midnight:
        first, last = span.start.date(), (span.end - timedelta(days=1)).date()
        return str(first) if first == last else f"{first} to {last}"
    return f"{span.start:%Y-%m-%d %H:%M} to {span.end:%Y-%m-%d %H:%M}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _asset(key: str) -> str:
    return f"{DAGSTER_PATH}/assets/{quote(key.replace('.', '/', 1))}"


def _run(run_id: str) -> str:
    return f"{DAGSTER_PATH}/runs/{quote(run_id)}"
