"""The platform's own settings as a whole: the profile's defaults, and what does not fit together."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from pydantic import model_validator

from tributary.resources.guarding import LOCAL_WRITE_KEY, unguarded
from tributary.resources.places import FOUND, PROJECT_VARIABLE
from tributary.resources.settings.engines import EngineSettings
from tributary.resources.settings.events import EventSettings
from tributary.resources.settings.keeping import KeepingSettings
from tributary.resources.settings.lake import LakeSettings
from tributary.resources.settings.people import PeopleSettings
from tributary.resources.settings.reading import PREFIX, SettingsError, read
from tributary.resources.settings.servers import ServerSettings
from tributary.resources.settings.tasks import TaskSettings
from tributary.resources.settings.telling import TellingSettings

_OF_AWS = {"warehouse": "athena", "iceberg_catalog": "glue", "stream_engine": "kinesis", "samples": False}
"""What settings are by default with the profile aws; each can be set otherwise."""


class Settings(
    TaskSettings,
    EventSettings,
    TellingSettings,
    KeepingSettings,
    PeopleSettings,
    ServerSettings,
    LakeSettings,
    EngineSettings,
):
    """The settings in force."""

    @model_validator(mode="before")
    @classmethod
    def _by_profile(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**_OF_AWS, **given} if given.get("profile") == "aws" else given

    @model_validator(mode="after")
    def _aws_is_complete(self) -> Self:
        if self.profile == "aws":
            if self.postgres_url is None:
                raise ValueError(f"{PREFIX}POSTGRES_URL is required by the profile aws")
            if self.lake_url is None or not self.lake_url.startswith(("s3://", "/")):
                raise ValueError(f"{PREFIX}LAKE_URL must be an s3:// URL, or an absolute folder, in the profile aws")
            if self.collector_write_key.get_secret_value() == LOCAL_WRITE_KEY:
                raise ValueError(f"{PREFIX}COLLECTOR_WRITE_KEY is required by the profile aws")
        return self

    @model_validator(mode="after")
    def _engine_is_complete(self) -> Self:
        if self.warehouse == "postgres":
            return self
        if self.environment:
            raise ValueError(f"environments are schemas in Postgres, and {PREFIX}WAREHOUSE is {self.warehouse}")
        if self.warehouse == "athena" and self.iceberg_catalog != "glue":
            raise ValueError(f"{PREFIX}ICEBERG_CATALOG must be glue for Athena, which knows no other")
        if self.iceberg_catalog == "rest" and self.iceberg_uri is None:
            raise ValueError(f"{PREFIX}ICEBERG_URI is required by the catalogue rest")
        if self.iceberg_catalog == "glue" and not self.iceberg_location.startswith("s3://"):
            raise ValueError(f"{PREFIX}ICEBERG_WAREHOUSE must be an s3:// URL with the catalogue glue")
        if self.iceberg_catalog == "jdbc" and not (self.iceberg_uri or self.postgres_url or self.postgres_port):
            raise ValueError(f"{PREFIX}POSTGRES_PORT is required, so that Trino reaches its catalogue in Postgres")
        return self

    @model_validator(mode="after")
    def _task_is_complete(self) -> Self:
        own = self.ecs_cluster or self.ecs_subnets or self.ecs_security_groups
        if own and not (self.ecs_task_definition and self.ecs_cluster and self.ecs_subnets):
            raise ValueError(
                f"runs on a cluster that is named need {PREFIX}ECS_TASK_DEFINITION, {PREFIX}ECS_CLUSTER and "
                f"{PREFIX}ECS_SUBNETS"
            )
        return self

    @model_validator(mode="after")
    def _is_guarded(self) -> Self:
        if fault := unguarded(self):
            raise ValueError(fault)
        return self


def load_settings(env_file: Path | None = None) -> Settings:
    """Read and validate the platform's own settings; what unknown variables mean is `refuse_unknown`'s to say.

    Raises:
        SettingsError: naming the first variable that is wrong, what it holds (secrets masked) and what is expected.
    """
    if FOUND is None:
        raise SettingsError(
            f"No project is here: go to a folder whose pyproject.toml has a table [tool.tributary], name it by "
            f"{PROJECT_VARIABLE}, or write one by `tributary init project`."
        )
    return read(Settings, env_file)


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read on first use."""
    return load_settings()
