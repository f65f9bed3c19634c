"""The one settings object: read once from `TRIBUTARY_*` variables or `.env`, validated, frozen.

Every knob of the platform belongs here and nowhere else; no other module reads the environment. What is derived from a
setting (a folder's path, a default) is a property here, so that no two places derive it differently.
"""

from __future__ import annotations

import difflib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from resources.errors import TributaryError

PREFIX = "TRIBUTARY_"
PROJECT_ROOT = Path(__file__).resolve().parents[1]
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
    dagster_port: int = Field(3000, ge=1, le=65535, description="Port of the Dagster UI.")
    max_concurrent_runs: int = Field(2, ge=1, le=64, description="Runs that may execute at the same time.")
    retail_dir: Path | None = Field(
        None, description="Folder of the eight Complete Journey files; default: a sample made on first use."
    )
    retail_sample_scale: float = Field(
        0.02, gt=0, le=1, description="Size of the retail sample; 1 is 2.6 M sales and 36.8 M promotions."
    )

    @field_validator("home", "retail_dir", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else PROJECT_ROOT / value.expanduser()

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
        return self

    @property
    def lake_location(self) -> str:
        """Where the lake is: an `s3://` URL or an absolute folder."""
        if self.lake_url is None:
            return str(self.home / "lake")
        return self.lake_url if self.lake_url.startswith("s3://") else str(PROJECT_ROOT / self.lake_url)

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
    value = "********" if field == "postgres_url" else repr(first["input"])
    return f"{variable_of(field)} is {value}, which cannot be used: {message[0].lower()}{message[1:]}."
