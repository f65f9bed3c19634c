"""The one settings object: read once from `TRIBUTARY_*` variables or `.env`, validated, frozen.

Every knob of the platform belongs here and nowhere else; no other module reads the environment. What is derived from a
setting (a folder's path, a default) is a property here, so that no two places derive it differently.
"""

from __future__ import annotations

import difflib
import os
import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tributary.resources.errors import TributaryError

PREFIX = "TRIBUTARY_"
PROJECT_ROOT = Path(__file__).resolve().parents[1]
LOCAL_WRITE_KEY = "local-write-key"
"""The collector's write key where none is set, which will do on loopback only."""

_HOST_NAME = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_POSTGRES_SCHEMES = ("postgresql://", "postgres://")


class SettingsError(TributaryError):
    """A setting is missing, misspelt or has a value that cannot work."""


class Settings(BaseSettings):
    """The settings in force. Relative paths are taken from the project's root, whatever the working directory."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    profile: Literal["local", "aws"] = Field(
        "local", description="local: embedded Postgres and a folder; aws: a Postgres URL and S3."
    )
    home: Path = Field(Path(".tributary"), description="Folder of all local state.")
    postgres_url: SecretStr | None = Field(
        None, description="URL of a Postgres server (17 or later) to use instead of the embedded one."
    )
    database_prefix: str = Field(
        "", pattern=r"^[a-z0-9_]{0,32}$", description="Put before the names of the three databases."
    )
    lake_url: str | None = Field(None, description="s3://bucket/prefix, or a folder; default <home>/lake.")
    aws_region: str = Field("us-east-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="Region of the AWS services.")
    aws_endpoint_url: str | None = Field(
        None, pattern=r"^https?://", description="Endpoint of an S3-compatible service instead of AWS."
    )
    host: str = Field("127.0.0.1", description="Address that the servers bind.")
    allowed_hosts: str = Field(
        "", description="Names, with commas between, that the servers answer to beside loopback's: name or name:port."
    )
    dagster_port: int = Field(3000, ge=1, le=65535, description="Port of the Dagster UI.")
    web_port: int = Field(8000, ge=1, le=65535, description="Port of the event collector and the forms.")
    web_secret: SecretStr | None = Field(
        None, description="Key that signs the forms' sessions; made once and kept in <home> where it is not set."
    )
    max_concurrent_runs: int = Field(2, ge=1, le=64, description="Runs that may execute at the same time.")
    retention_days: int = Field(
        30, ge=0, le=36500, description="Days for which runs and what belongs to them are kept; 0: without end."
    )
    retention_runs: int = Field(
        500,
        ge=0,
        le=1_000_000,
        description="Newest runs that are kept of each sensor, schedule and of people; failures apart; 0: without end.",
    )
    retail_dir: Path | None = Field(
        None, description="Folder of the eight Complete Journey files; default: a sample made on first use."
    )
    retail_sample_scale: float = Field(
        0.02, gt=0, le=1, description="Size of the retail sample; 1 is 2.6 M sales and 36.8 M promotions."
    )
    collector_write_key: SecretStr = Field(
        SecretStr(LOCAL_WRITE_KEY), description="Write key that the event collector asks of its senders."
    )
    stream: str = Field(
        "web-data",
        pattern=r"^[A-Za-z0-9_.-]{1,128}$",
        description="Name of the event stream; on aws the Kinesis stream that Firehose reads.",
    )
    stream_buffer_seconds: float = Field(
        30, gt=0, le=900, description="Events wait this long at most before they become an object in the lake (local)."
    )
    stream_buffer_bytes: int = Field(
        5_000_000, ge=1_000, le=128_000_000, description="Events become an object in the lake at this size (local)."
    )
    social_start: date = Field(
        date(2026, 1, 1), description="First day (UTC) of the social events' hourly partitions; older objects stay raw."
    )
    social_first_day: date = Field(
        date(2025, 1, 1),
        description="First day (UTC) on which events can have happened; earlier ones: quarantine.",
    )
    social_sample: bool = Field(
        True, description="Whether a sample of the social network is made, and goes on live, on the profile local."
    )
    sneakers_sample: bool = Field(
        True, description="Whether an empty form app is filled with a sample collection, on the profile local."
    )
    meetup_token: SecretStr | None = Field(
        None, description="Bearer token of Meetup's API; without one a simulator stands in for it (local)."
    )
    meetup_url: str = Field(
        "https://api.meetup.com/gql-ext", pattern=r"^https?://", description="Meetup's GraphQL endpoint."
    )
    meetup_topics: str = Field(
        "python,data science,machine learning,javascript,cloud,women in tech,startup,hiking,rust,design",
        min_length=1,
        description="Topics to search groups for, with commas between.",
    )
    meetup_lat: float = Field(37.7749, ge=-90, le=90, description="Latitude of the place to search around, in degrees.")
    meetup_lon: float = Field(-122.4194, ge=-180, le=180, description="Longitude of that place, in degrees.")
    meetup_radius: float = Field(50, gt=0, le=250, description="Radius of the search, in miles.")
    meetup_timezone: str = Field(
        "America/Los_Angeles", description="Time zone of the morning in which days are pulled."
    )
    meetup_port: int = Field(8400, ge=1, le=65535, description="Port of the simulator that stands in for Meetup.")

    @field_validator("home", "retail_dir", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else PROJECT_ROOT / value.expanduser()

    @field_validator("allowed_hosts", mode="after")
    @classmethod
    def _host_names(cls, value: str) -> str:
        names = [name.strip() for name in value.split(",") if name.strip()]
        for name in names:
            if not _HOST_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a host; write name or name:port, with commas between")
        return ",".join(names)

    @field_validator("postgres_url", mode="after")
    @classmethod
    def _postgres_scheme(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(_POSTGRES_SCHEMES):
            raise ValueError("must start with postgresql://")
        return value

    @model_validator(mode="after")
    def _aws_is_complete(self) -> Self:
        if self.profile == "aws":
            if self.postgres_url is None:
                raise ValueError(f"{PREFIX}POSTGRES_URL is required by the profile aws")
            if self.lake_url is None or not self.lake_url.startswith("s3://"):
                raise ValueError(f"{PREFIX}LAKE_URL must be an s3:// URL in the profile aws")
            if self.collector_write_key.get_secret_value() == LOCAL_WRITE_KEY:
                raise ValueError(f"{PREFIX}COLLECTOR_WRITE_KEY is required by the profile aws")
        return self

    @property
    def lake_location(self) -> str:
        """Where the lake is: an `s3://` URL or an absolute folder."""
        if self.lake_url is None:
            return str(self.home / "lake")
        return self.lake_url if self.lake_url.startswith("s3://") else str(PROJECT_ROOT / self.lake_url)

    @property
    def allowed_host_names(self) -> tuple[str, ...]:
        """The names, some with a port, that the servers answer to beside loopback's and their own address."""
        return tuple(name for name in self.allowed_hosts.split(",") if name)

    @property
    def stream_journal(self) -> Path:
        """The folder where accepted events are kept until they are an object in the lake."""
        return self.home / "stream"

    @property
    def retail_folder(self) -> Path:
        """Where the retail source files are: the user's folder, or that of the sample."""
        return self.retail_dir or self.home / "sample" / "retail"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance folder (DAGSTER_HOME)."""
        return self.home / "dagster"

    @property
    def postgres_data(self) -> Path:
        """The embedded Postgres server's data folder."""
        return self.home / "postgres"


def variable_of(field: str) -> str:
    """The environment variable that sets `field`."""
    return PREFIX + field.upper()


def is_secret(field: str) -> bool:
    """Whether a setting's value must never be shown."""
    found = Settings.model_fields.get(field)
    return found is not None and "SecretStr" in str(found.annotation)


def load_settings(env_file: Path | None = None) -> Settings:
    """Read and validate the settings.

    Raises:
        SettingsError: naming the first variable that is wrong, what it holds (secrets masked) and what is expected.
    """
    env_file = PROJECT_ROOT / ".env" if env_file is None else env_file
    _refuse_unknown_variables(env_file)
    try:
        return Settings(_env_file=env_file)
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read on first use."""
    return load_settings()


def _refuse_unknown_variables(env_file: Path) -> None:
    """A misspelt variable would be ignored in silence, so an unknown `TRIBUTARY_` name is refused."""
    from dotenv import dotenv_values

    known = {variable_of(field) for field in Settings.model_fields}
    for name in [*os.environ, *dotenv_values(env_file)]:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            close = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(known))}."
            raise SettingsError(f"{name} is not a setting of Tributary; {hint}")


def _sentence(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return f"The settings do not fit together: {message}."
    field = str(first["loc"][0]).lower()
    value = "********" if is_secret(field) else repr(first["input"])
    return f"{variable_of(field)} is {value}, which cannot be used: {message[0].lower()}{message[1:]}."
