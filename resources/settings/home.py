"""What there is to run, and where its state is: sources, profile, home, and Postgres."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from tributary.resources.settings.reading import PlatformSettings, ProjectPath
from tributary.resources.warehouse.environments.naming import environment_name

_POSTGRES_SCHEMES = ("postgresql://", "postgres://")


class HomeSettings(PlatformSettings):
    """Sources, profile, the folder of state, and Postgres."""

    sources: str = Field("", description="Names of the sources that are on, with commas between; default: all found.")
    profile: Literal["local", "aws"] = Field(
        "local",
        description="Which settings are the default: local: this machine; aws: Athena, Glue, Kinesis and S3.",
    )
    samples: bool = Field(
        True,
        description="Whether samples and simulators stand in for sources that are not set; false with the profile aws.",
    )
    home: ProjectPath = Field(Path(".tributary"), description="Folder of all local state.")
    postgres_url: SecretStr | None = Field(
        None, description="URL of a Postgres server (17 or later) to use instead of the embedded one."
    )
    postgres_port: int | None = Field(
        None,
        ge=1024,
        le=65535,
        description="Port on loopback that the embedded Postgres opens, with passwords, for Trino and BI tools.",
    )
    environment: str = Field(
        "",
        description="Environment, as dev or pr-12, whose tables stand in for production's; default: production alone.",
    )
    database_prefix: str = Field(
        "", pattern=r"^[a-z0-9_]{0,32}$", description="Put before the names of the three databases."
    )

    @field_validator("environment", mode="after")
    @classmethod
    def _environment_name(cls, value: str) -> str:
        return environment_name(value) if value else ""

    @field_validator("postgres_url", mode="after")
    @classmethod
    def _postgres_scheme(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(_POSTGRES_SCHEMES):
            raise ValueError("must start with postgresql://")
        return value

    @property
    def source_names(self) -> tuple[str, ...]:
        """The sources that are on, by name; empty where all are."""
        return tuple(name.strip() for name in self.sources.split(",") if name.strip())

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance folder (DAGSTER_HOME)."""
        return self.home / "dagster"

    @property
    def postgres_data(self) -> Path:
        """The embedded Postgres server's data folder."""
        return self.home / "postgres"
