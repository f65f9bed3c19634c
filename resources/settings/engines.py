"""The warehouse's engine, and where its tables lie."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from tributary.resources.settings.home import HomeSettings
from tributary.resources.settings.reading import LOOPBACK, PROJECT_ROOT, ProjectPath


class EngineSettings(HomeSettings):
    """The warehouse's engine: Postgres, Trino or Athena, and Iceberg's catalogue."""

    warehouse: Literal["postgres", "trino", "athena"] = Field(
        "postgres",
        description="Engine of the warehouse; trino and athena keep its tables in Iceberg; athena with aws.",
    )
    trino_url: str | None = Field(
        None, pattern=r"^https?://[^/@]+$", description="A Trino of one's own; default: that of `tributary trino up`."
    )
    trino_user: str = Field("tributary", min_length=1, description="Name under which Trino is asked.")
    trino_password: SecretStr | None = Field(None, description="Password that goes with it; only by https.")
    trino_catalog: str = Field(
        "iceberg", pattern=r"^[a-z_][a-z0-9_]{0,47}$", description="Name of Trino's catalogue of the tables."
    )
    trino_statements: int = Field(2, ge=1, le=64, description="Statements that a process gives Trino at a time.")
    trino_scan_limit: int | None = Field(
        None, ge=1, description="Bytes that a statement may read from its tables on Trino, which then ends it."
    )
    trino_port: int = Field(8080, ge=1, le=65535, description="Port on loopback of `tributary trino up`.")
    trino_memory: str = Field("2G", pattern=r"^[1-9][0-9]*[MG]$", description="Heap of `tributary trino up`.")
    trino_folder: ProjectPath | None = Field(
        None, description="Folder of a Trino server to run instead of the one that is fetched by Maven."
    )
    trino_java: ProjectPath | None = Field(
        None, description="Folder of a JDK (24 or later) to run Trino on; default: the newest that is found."
    )
    iceberg_catalog: Literal["jdbc", "glue", "rest"] = Field(
        "jdbc",
        description="Where Iceberg's tables are listed: a Postgres database, Glue, or a REST catalogue; glue with aws.",
    )
    iceberg_uri: SecretStr | None = Field(
        None, description="The REST catalogue's URL, or that of a database of one's own for jdbc."
    )
    iceberg_warehouse: str | None = Field(
        None, description="Where Iceberg's tables lie: s3://bucket/prefix, or a folder; default <home>/iceberg."
    )
    athena_workgroup: str = Field(
        "primary", pattern=r"^[A-Za-z0-9._-]{1,128}$", description="Workgroup that Athena's statements run in."
    )
    athena_output: str | None = Field(
        None, pattern=r"^s3://[^/]+", description="Where answers are put; default <iceberg_warehouse>/athena-answers."
    )
    athena_scan_limit: int | None = Field(
        None, ge=1, description="Bytes that a statement may scan; Athena's workgroup may have a limit of its own."
    )
    athena_poll_seconds: float = Field(0.5, ge=0.05, le=30, description="Longest wait between looks at a statement.")
    athena_statements: int = Field(8, ge=1, le=64, description="Statements that a process gives Athena at a time.")
    athena_usd_per_tb: float = Field(
        5.0, ge=0, description="Price of a terabyte scanned, by which costs are estimated."
    )

    @property
    def iceberg_location(self) -> str:
        """Where Iceberg's tables lie: an `s3://` URL or an absolute folder."""
        if self.iceberg_warehouse is None:
            return str(self.home / "iceberg")
        own = self.iceberg_warehouse
        return own.rstrip("/") if own.startswith("s3://") else str(PROJECT_ROOT / own)

    @property
    def athena_answers(self) -> str:
        """The URL below which Athena puts answers."""
        return (self.athena_output or f"{self.iceberg_location}/athena-answers").rstrip("/")

    @property
    def copied_from(self) -> str:
        """What people call the warehouse's engine where pages read a copy in Postgres; empty where they need none."""
        return "" if self.warehouse == "postgres" else self.warehouse.capitalize()

    @property
    def trino_address(self) -> str:
        """Where Trino is asked: the one of one's own, or that of `tributary trino up`."""
        return self.trino_url or f"http://{LOOPBACK}:{self.trino_port}"
