"""The stages: read from `stages.yaml`, validated, frozen. Every number that differs between stages is a field here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

FILE = Path(__file__).with_name("stages.yaml")

SERVICES = ("gateway", "collector", "webserver", "code-server", "daemon", "dashboard")
"""The services of ECS, in the order in which people meet them."""

ALONE = frozenset({"webserver", "code-server", "daemon", "dashboard"})
"""Services of one task: two daemons would ask for the same runs, and the others keep what they know in memory."""

_MEMORY: Mapping[int, tuple[int, int, int]] = {
    256: (512, 2048, 512),
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16384, 1024),
    4096: (8192, 30720, 1024),
    8192: (16384, 61440, 4096),
    16384: (32768, 122880, 8192),
}
"""MiB that Fargate gives by CPU units: from, to, in steps of.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
"""


class StageError(Exception):
    """The stages cannot be what the file says; one sentence, with the key."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Zone(_Part):
    """A hosted zone of Route 53, in which the stage's domain is."""

    id: Annotated[str, Field(pattern=r"^Z[A-Z0-9]{5,31}$")]
    name: Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]+$")]


class Oidc(_Part):
    """The OpenID provider: its issuer and addresses, Tributary's name there, and what groups grant."""

    issuer: Annotated[str, Field(pattern=r"^https://")]
    authorization: Annotated[str, Field(pattern=r"^https://")]
    token: Annotated[str, Field(pattern=r"^https://")]
    user_info: Annotated[str, Field(pattern=r"^https://")]
    client_id: Annotated[str, Field(min_length=1)]
    roles: Annotated[str, Field(pattern=r"^[^,=]+=[A-Za-z0-9_.-]+(,[^,=]+=[A-Za-z0-9_.-]+)*$")]


class Database(_Part):
    """The server of Postgres: its size, disk in GB, a standby in another zone, and days of backups."""

    size: Annotated[str, Field(pattern=r"^[a-z0-9]+\.[a-z0-9]+$")]
    storage_gb: Annotated[int, Field(ge=20, le=65536)]
    most_storage_gb: Annotated[int, Field(ge=22, le=65536)]
    standby: bool
    backup_days: Annotated[int, Field(ge=1, le=35)]


class Stream(_Part):
    """The event stream: hours for which it keeps records, and when Firehose makes an object of them."""

    hours: Annotated[int, Field(ge=24, le=8760)]
    buffer_seconds: Annotated[int, Field(ge=60, le=900)]
    buffer_mb: Annotated[int, Field(ge=1, le=128)]


class Athena(_Part):
    """What a statement may scan."""

    scan_limit_gb: Annotated[int, Field(ge=1, le=100_000)]


class QuickSight(_Part):
    """Who owns the data sets and the analysis: a group that is there."""

    namespace: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,64}$")]
    group: Annotated[str, Field(min_length=1, max_length=512)]


class Task(_Part):
    """A task of Fargate: CPU units, MiB, and how many there are of it at least and at most."""

    cpu: int
    memory: int
    least: Annotated[int, Field(ge=1, le=100)] = 1
    most: Annotated[int, Field(ge=1, le=500)] = 1

    @model_validator(mode="after")
    def _fargate_has_it(self) -> Self:
        if self.cpu not in _MEMORY:
            raise ValueError(f"Fargate has tasks of {', '.join(map(str, _MEMORY))} CPU units, and none of {self.cpu}")
        least, most, step = _MEMORY[self.cpu]
        if not least <= self.memory <= most or self.memory % step:
            raise ValueError(f"with {self.cpu} CPU units Fargate gives {least} to {most} MiB in steps of {step}")
        if self.most < self.least:
            raise ValueError(f"most is {self.most}, less than least, which is {self.least}")
        return self


class Stage(_Part):
    """A stage, with all that it is made of."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{1,11}$")]
    account: Annotated[str, Field(pattern=r"^\d{12}$")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    zones: Annotated[tuple[str, ...], Field(min_length=2, max_length=3)]
    network: IPv4Network
    nat_gateways: Annotated[int, Field(ge=1, le=3)]
    domain: Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]+$")]
    hosted_zone: Zone
    alarms_to: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    oidc: Oidc
    quicksight: QuickSight
    image_tag: Annotated[str, Field(pattern=r"^[\w][\w.-]{0,127}$")]
    settings: dict[Annotated[str, Field(pattern=r"^TRIBUTARY_[A-Z0-9_]+$")], str] = {}
    database: Database
    stream: Stream
    athena: Athena
    tasks: dict[str, Task]
    runs_at_once: Annotated[int, Field(ge=1, le=64)]
    old_versions_days: Annotated[int, Field(ge=1, le=3650)]
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653]
    budget_usd: Annotated[int, Field(ge=1)]
    keep: bool

    @field_validator("image_tag")
    @classmethod
    def _names_one_image(cls, tag: str) -> str:
        if tag == "latest":
            raise ValueError("latest is another image each day; name a version")
        return tag

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if foreign := [zone for zone in self.zones if not zone.startswith(self.region)]:
            raise ValueError(f"zones: {foreign[0]} is not in the region {self.region}")
        if self.nat_gateways > len(self.zones):
            raise ValueError(f"nat_gateways: {self.nat_gateways} are more than the {len(self.zones)} zones")
        if self.network.prefixlen > 20:
            raise ValueError(f"network: {self.network} is too small for subnets of three kinds; give /20 or larger")
        if not self.domain.endswith(f".{self.hosted_zone.name}"):
            raise ValueError(f"domain: {self.domain} is not in the hosted zone {self.hosted_zone.name}")
        wanted = {*SERVICES, "run"}
        if self.tasks.keys() != wanted:
            odd = sorted(self.tasks.keys() ^ wanted)
            raise ValueError(f"tasks: there must be {', '.join(sorted(wanted))}, and {odd[0]} is missing or too many")
        for name in sorted(ALONE):
            if self.tasks[name].most != 1:
                raise ValueError(f"tasks.{name}: there is one task of it, so most must be 1")
        if self.database.most_storage_gb < self.database.storage_gb * 1.1:
            raise ValueError("database.most_storage_gb must be a tenth above storage_gb, as RDS asks")
        return self

    @cached_property
    def prefix(self) -> str:
        """What names of the stage's resources begin with."""
        return f"tributary-{self.name}"

    @cached_property
    def bucket(self) -> str:
        """The name of the bucket of lake and warehouse, which nobody else in the world may have."""
        return f"{self.prefix}-{self.account}-{self.region}"

    @cached_property
    def stream_name(self) -> str:
        """The event stream's name."""
        return f"{self.prefix}-events"

    @cached_property
    def repository(self) -> str:
        """The name of the repository of images."""
        return f"{self.prefix}"


def read_stages(file: Path = FILE) -> dict[str, Stage]:
    """The stages by name.

    Raises:
        StageError: the file cannot be read, or says something that cannot be; one sentence, with stage and key.
    """
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise StageError(f"{file} cannot be read ({str(error).splitlines()[0]}).") from None
    if not isinstance(found, dict) or not isinstance(found.get("stages"), dict):
        raise StageError(f"{file} must have `stages`, each a name with what it is made of.")
    default = found.get("default") or {}
    stages = {name: _stage(file, name, {**default, **(own or {})}) for name, own in found["stages"].items()}
    places: dict[tuple[str, str], str] = {}
    for name, stage in stages.items():
        other = places.setdefault((stage.account, stage.region), name)
        if other != name:
            raise StageError(
                f"{file}, {name}: {other} has the same account and region, in which Glue has one database of a name; "
                "give each stage an account or a region to itself."
            )
    return stages


def _stage(file: Path, name: str, values: dict[str, Any]) -> Stage:
    try:
        return Stage.model_validate({"name": name, **values})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        text = first["msg"].removeprefix("Value error, ")
        raise StageError(f"{file}, {name}{f', {key}' if key else ''}: {text[:1].lower()}{text[1:]}.") from None
