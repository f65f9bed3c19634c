# ruff: noqa: RUF001 - a multiplication is written as people write it
"""What a month costs at three sizes, with its arithmetic: `python -m infrastructure.costs` puts it into deploy.md.

Prices are assumptions, in USD, of on-demand use in us-east-1, as they were known in November 2026 without asking AWS:
look them up before deciding. What a size takes of each is an assumption too, where no bench of this project tells it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from infrastructure.stages import SERVICES, Stage, read_stages

PAGE = Path(__file__).parents[2] / "docs" / "deploy.md"
BEGIN, END = "<!-- costs -->\n", "<!-- /costs -->\n"
HOURS, DAYS = 730, 30
EVENT_KB, GZIP, PARQUET = 1.0, 0.2, 0.15
"""Kilobytes of an event as it is sent, and what is left of them in raw objects, and in Iceberg's tables."""

READ, WHOLE = 0.15, 10
"""What a model reads of a table's bytes, and how many models are made whole of all events ever, each once a day."""

FIREHOSE_KB = 5
"""Firehose counts a record as if it had at least so many kilobytes."""

EVENTS_A_CORE = 500
"""Single events a second that a core of a collector takes, at which it is half idle."""


class Price(NamedTuple):
    """A price, and what it is of."""

    usd: float
    of: str


PRICES = {
    "kinesis_stream": Price(0.04, "hour of a stream on demand"),
    "kinesis_in": Price(0.08, "GB in"),
    "kinesis_out": Price(0.04, "GB out"),
    "firehose": Price(0.029, "GB, each record counted as 5 kB at least"),
    "s3": Price(0.023, "GB and month"),
    "s3_put": Price(0.005, "1,000 writes"),
    "cpu": Price(0.04048, "hour of a Fargate core"),
    "memory": Price(0.004445, "hour of a GB of Fargate"),
    "athena": Price(5.0, "TB scanned"),
    "nat": Price(0.045, "hour of a NAT gateway, and GB through it"),
    "balancer": Price(0.0225, "hour of the balancer"),
    "lcu": Price(0.008, "hour of an LCU: 25 connections a second, or 1 GB an hour"),
    "disk": Price(0.115, "GB and month of RDS's disk; twice that with a standby"),
    "logs": Price(0.50, "GB of logs"),
    "author": Price(24.0, "author of QuickSight"),
    "reader": Price(3.0, "reader of QuickSight"),
    "fixed": Price(10.0, "secrets, keys, alarms, names and images together"),
}
RDS = {"t4g.medium": 0.065, "r8g.large": 0.239, "r8g.2xlarge": 0.956}
"""USD an hour of a server of Postgres; twice that with a standby."""


@dataclass(frozen=True)
class Size:
    """A size: events a day, the stage whose tasks it has, and what is assumed of the rest."""

    events: int
    stage: str
    rds: str
    disk_gb: int
    run_cores: int
    run_hours: float
    writes: float
    logs_gb: int
    batch: int = 10

    @property
    def second(self) -> float:
        """Events a second, on average."""
        return self.events / 86_400

    @property
    def gb(self) -> float:
        """GB of events a month, as they are sent."""
        return self.events * DAYS * EVENT_KB / 1e6


SIZES = {
    "1 M": Size(10**6, "dev", "t4g.medium", 50, 2, 4, 0.5e6, 5),
    "100 M": Size(10**8, "prod", "r8g.large", 200, 4, 24, 3e6, 30),
    "10⁹": Size(10**9, "prod", "r8g.2xlarge", 1000, 32, 24, 20e6, 200),
}


def lines(size: Size, stage: Stage) -> Iterator[tuple[str, float, str]]:
    """What is paid for, how much a month, and how that is reckoned."""
    price = {name: one.usd for name, one in PRICES.items()}
    kinesis = HOURS * price["kinesis_stream"] + size.gb * (price["kinesis_in"] + price["kinesis_out"])
    yield "Kinesis", kinesis, f"{HOURS} h × 0.04 + {size.gb:,.0f} GB × (0.08 + 0.04)"
    counted = size.events * DAYS * FIREHOSE_KB / 1e6
    yield "Firehose", counted * price["firehose"], f"{counted:,.0f} GB as counted × 0.029"
    kept = size.events * 365 * EVENT_KB * (GZIP + PARQUET) / 1e6 * 1.1
    yield "S3, after a year", kept * price["s3"], f"{kept:,.0f} GB × 0.023"
    yield "S3, writes", size.writes / 1000 * price["s3_put"], f"{size.writes / 1e6:g} M × 0.005 / 1,000"
    cores, memory = _services(stage)
    running = HOURS * (cores * price["cpu"] + memory * price["memory"])
    yield "Services", running, f"{HOURS} h × ({cores:g} cores × 0.0405 + {memory:g} GB × 0.0044)"
    more = max(0.0, size.second / EVENTS_A_CORE - stage.tasks["collector"].least * stage.tasks["collector"].cpu / 1024)
    extra = HOURS * more * (price["cpu"] + 2 * price["memory"])
    yield "More collectors", extra, f"{HOURS} h × {more:.1f} cores × (0.0405 + 2 × 0.0044)"
    hours = size.run_hours * DAYS
    ran = hours * size.run_cores * (price["cpu"] + 4 * price["memory"])
    yield "Runs", ran, f"{hours:g} h × {size.run_cores} cores × (0.0405 + 4 × 0.0044)"
    tables = size.events * 365 * EVENT_KB * PARQUET / 1e9
    scanned = tables * READ * WHOLE * DAYS
    yield "Athena, after a year", scanned * price["athena"], f"{tables:,.2f} TB × {READ} × {WHOLE} × {DAYS} × 5"
    times = 2 if stage.database.standby else 1
    server = times * (HOURS * RDS[size.rds] + size.disk_gb * price["disk"])
    yield "Postgres", server, f"{times} × ({HOURS} h × {RDS[size.rds]} + {size.disk_gb} GB × 0.115)"
    # What collectors put into Kinesis, and what is asked of Athena and Glue, goes by NAT.
    through = HOURS * stage.nat_gateways * price["nat"] + size.gb * price["nat"]
    yield "NAT", through, f"{HOURS} h × {stage.nat_gateways} × 0.045 + {size.gb:,.0f} GB × 0.045"
    units = max(1.0, size.second / size.batch / 25, size.gb / HOURS)
    balancer = HOURS * (price["balancer"] + units * price["lcu"])
    yield "Balancer", balancer, f"{HOURS} h × (0.0225 + {units:.1f} LCU × 0.008)"
    yield "Logs", size.logs_gb * price["logs"], f"{size.logs_gb} GB × 0.50"
    yield "QuickSight", 5 * price["author"] + 20 * price["reader"], "5 authors × 24 + 20 readers × 3"
    yield "The rest", price["fixed"], "secrets, keys, alarms, names, images"


def _services(stage: Stage) -> tuple[float, float]:
    tasks = [stage.tasks[name] for name in SERVICES]
    return sum(one.cpu * one.least for one in tasks) / 1024, sum(one.memory * one.least for one in tasks) / 1024


def table() -> str:
    """The table, as Markdown: a row for each thing, a column for each size."""
    stages = read_stages()
    found = {name: list(lines(size, stages[size.stage])) for name, size in SIZES.items()}
    heads = [f"{name} a day ({size.second:,.0f}/s)" for name, size in SIZES.items()]
    rows = [f"| USD a month | {' | '.join(heads)} |", f"| --- |{' --- |' * len(heads)}"]
    for told in zip(*found.values(), strict=True):
        cells = [f"{how} = {usd:,.0f}" for _, usd, how in told]
        rows.append(f"| {told[0][0]} | {' | '.join(cells)} |")
    sums = [sum(usd for _, usd, _ in told) for told in found.values()]
    millions = [size.events * DAYS / 1e6 for size in SIZES.values()]
    rows.append(f"| **together** | {' | '.join(f'**{one:,.0f}**' for one in sums)} |")
    each = [f"{one / many:,.2f}" for one, many in zip(sums, millions, strict=True)]
    rows.append(f"| a million events | {' | '.join(each)} |")
    return "\n".join(rows) + "\n"


def drawn(page: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
