"""The settings: read once from `TRIBUTARY_*` variables or `.env`, validated, frozen; no other module reads these.

Every knob of the platform is in `Settings`. A source's own knobs are in a class of the source's, a `SourceSettings`,
and are read by the same rules. What is derived from a setting (a folder's path, a URL) is a property here, so that no
two places derive it differently.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tributary.resources.errors import TributaryError, nearest
from tributary.resources.guarding import LOCAL_WRITE_KEY, unguarded
from tributary.resources.places import FOUND, PROJECT, PROJECT_VARIABLE
from tributary.resources.secret_references import SecretError, is_reference, look_up
from tributary.resources.warehouse.environments.naming import environment_name

PREFIX = "TRIBUTARY_"
LOOPBACK = "127.0.0.1"
OWN_CONFIGURATION = "config"
"""Leaves it to OpenLineage's client where events go: to its variables, and its `openlineage.yml`."""

PROJECT_ROOT = PROJECT
_HOST_NAME = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_SCHEME = re.compile(r"[A-Za-z0-9+.-]+://[^/?]")
_POSTGRES_SCHEMES = ("postgresql://", "postgres://")


class SettingsError(TributaryError):
    """A setting is missing, misspelt or has a value that cannot work."""


def _from_the_root(path: Path) -> Path:
    return PROJECT_ROOT / path.expanduser()


ProjectPath = Annotated[Path, AfterValidator(_from_the_root)]
"""A path, of which a relative one is taken from the project's root, whatever the working directory."""


_OF_AWS = {"warehouse": "athena", "iceberg_catalog": "glue", "stream_engine": "kinesis", "samples": False}
"""What settings are by default with the profile aws; each can be set otherwise."""


class _Resolved(BaseSettings):
    """Settings of which the secret ones may be references to secrets, looked up when they are read."""

    @model_validator(mode="before")
    @classmethod
    def _look_up(cls, given: dict[str, Any]) -> dict[str, Any]:
        found = dict(given)
        for field in cls.model_fields.keys() & given.keys():
            value = given[field]
            if not isinstance(value, str) or not is_reference(value):
                continue
            variable = variable_of(field, cls)
            if not is_secret(field, cls):
                raise SettingsError(f"{variable} cannot be a secret's name, as its value is shown to people.")
            platform = (
                given if cls is Settings else get_settings().model_dump(include={"aws_region", "aws_endpoint_url"})
            )
            try:
                found[field] = look_up(value, platform.get("aws_region"), platform.get("aws_endpoint_url"))
            except SecretError as error:
                raise SettingsError(f"{variable} cannot be had: {error}") from None
        return found


class Settings(_Resolved):
    """The settings in force."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

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
    lake_url: str | None = Field(None, description="s3://bucket/prefix, or a folder; default <home>/lake.")
    aws_region: str = Field("us-east-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="Region of the AWS services.")
    aws_endpoint_url: str | None = Field(
        None, pattern=r"^https?://", description="Endpoint of services that speak AWS's protocols, instead of AWS."
    )
    host: str = Field("127.0.0.1", description="Address that the servers bind.")
    allowed_hosts: str = Field(
        "", description="Names, with commas between, that the servers answer to beside loopback's: name or name:port."
    )
    web_port: int = Field(8000, ge=1, le=65535, description="Port of the one address by which everything is reached.")
    dagster_port: int = Field(
        3000, ge=1, le=65535, description="Port on loopback by which the web process asks Dagster's own server."
    )
    dashboard_port: int = Field(
        8501, ge=1, le=65535, description="Port on loopback by which the web process asks the dashboard's server."
    )
    dagster_url: str | None = Field(
        None,
        pattern=r"^http://[A-Za-z0-9._-]+(:[0-9]{1,5})?$",
        description="Where Dagster's own server is asked, if on another machine: http://webserver.example.internal:3000.",
    )
    dashboard_url: str | None = Field(
        None,
        pattern=r"^http://[A-Za-z0-9._-]+(:[0-9]{1,5})?$",
        description="Where the dashboard's server is asked, if on another machine.",
    )
    code_server: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9._-]+:[0-9]{1,5}$",
        description="Name and port of the code server, if on another machine; who reaches it runs what code they like.",
    )
    principal_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Key that signs who asks, one for all machines; made once and kept in <home> where it is not set.",
    )
    direct_ports: bool = Field(
        False, description="Whether servers behind the one address serve whoever asks them on loopback, as the owner."
    )
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[A-Za-z0-9._\[\]:-]+$",
        description="The one address as people write it, where it is not host and port: https://data.example.com.",
    )
    trusted_proxies: str = Field(
        "", description="Addresses of proxies, with commas between, whose X-Forwarded-For and -Proto are believed."
    )
    tls_certificate: ProjectPath | None = Field(None, description="File of the certificate chain (PEM), to serve TLS.")
    tls_key: ProjectPath | None = Field(None, description="File of the certificate's private key (PEM).")
    login: str = Field(
        "",
        pattern=r"^((users|oidc)(,(users|oidc))?)?$",
        description="How people log in: users, oidc, or users,oidc; required beyond loopback.",
    )
    session_hours: float = Field(12, gt=0, le=720, description="Hours after which a log-in ends.")
    audit_days: int = Field(
        0, ge=0, le=36500, description="Days for which entries of the audit log are kept; 0: without end."
    )
    oidc_issuer: str | None = Field(
        None, pattern=r"^https?://", description="URL of the OpenID provider, below which its configuration is found."
    )
    oidc_client_id: str | None = Field(None, description="Name under which the provider knows Tributary.")
    oidc_client_secret: SecretStr | None = Field(
        None, description="Secret that goes with it; without one the client is public, and PKCE alone protects it."
    )
    oidc_scope: str = Field("openid profile email", description="Scopes that are asked of the provider.")
    oidc_roles_claim: str = Field(
        "groups", description="Claim whose values grant roles; a path with dots where it is within others."
    )
    oidc_roles: str = Field(
        "",
        pattern=r"^(\s*[^,]+=\s*[A-Za-z0-9_.-]+\s*(,|$))*$",
        description="What values grant, with commas between: admins=admin, data=operator, hr=pii, *=viewer.",
    )
    map_tiles: str = Field(
        "",
        pattern=r"^(https?://[A-Za-z0-9._\[\]:-]+/\S*\{z\}\S*(\{x\}\S*\{y\}|\{y\}\S*\{x\})\S*)?$",
        description="Address of map tiles, with {z}, {x} and {y}, that browsers ask for; default: none, lines alone.",
    )
    map_credit: str = Field("", max_length=200, description="Who is to be named on maps for the tiles.")
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
    steps_at_once: int = Field(
        0,
        ge=0,
        le=64,
        description="Assets that one run makes at the same time; 0: as many as there are cores, 8 at most.",
    )
    report_concurrency: int = Field(2, ge=1, le=64, description="Reports that are made at the same time; others wait.")
    report_days: int = Field(
        90, ge=0, le=36500, description="Days for which a report's extracts are kept; 0: without end."
    )
    report_versions: int = Field(
        10, ge=0, le=100_000, description="Newest extracts that are kept of one and the same question; 0: without end."
    )
    lake_days: int = Field(
        90,
        ge=0,
        le=36500,
        description="Days for which versions in the lake are kept after another took their place; 0: without end.",
    )
    mail_url: SecretStr | None = Field(
        None,
        description="The server that sends notices, as apprise has it: mailtos://user:password@example.com?from=…",
    )
    webhook_hosts: str = Field(
        "", description="Hosts, with commas between, to whose webhooks notices may be sent: name or name:port."
    )
    alerts_urls: SecretStr | None = Field(
        None, description="Who is told of problems, as apprise's URLs, with spaces between: mailtos://…, slack://…"
    )
    alerts_seconds: float = Field(60, ge=1, le=3600, description="Seconds between two looks for problems to tell of.")
    alerts_quarantine: int = Field(
        100, ge=0, description="Records of one table in quarantine, beyond which that is told to those of alerts_urls."
    )
    openlineage: str = Field(
        "",
        description="Where OpenLineage events are sent: a URL, a file, or `config` for OpenLineage's own settings.",
    )
    openlineage_key: SecretStr | None = Field(None, description="API key that the receiver of OpenLineage asks for.")
    collector_write_key: SecretStr = Field(
        SecretStr(LOCAL_WRITE_KEY), description="Write key that the event collector asks of its senders."
    )
    stream: str = Field(
        "web-data",
        pattern=r"^[A-Za-z0-9_.-]{1,128}$",
        description="Name of the event stream; with kinesis, of the Kinesis stream that Firehose reads.",
    )
    stream_engine: Literal["folder", "kinesis"] = Field(
        "folder", description="What takes events first: a journal in <home>, or Kinesis; kinesis with the profile aws."
    )
    stream_spool_bytes: int = Field(
        256_000_000,
        ge=0,
        description="Bytes of events that wait in <home> while Kinesis is away, at most; 0: none (kinesis).",
    )
    stream_buffer_seconds: float = Field(
        30, gt=0, le=900, description="Events wait this long at most before they become an object in the lake (folder)."
    )
    stream_buffer_bytes: int = Field(
        5_000_000, ge=1_000, le=128_000_000, description="Events become an object in the lake at this size (folder)."
    )
    compute_logs: str | None = Field(
        None,
        description="Where what runs print is kept: s3://bucket/prefix, or a folder; default below the lake with aws.",
    )
    ecs_task_definition: str | None = Field(
        None, description="Task definition of ECS that runs are started by; default: runs are on this machine."
    )
    ecs_container: str = Field("run", min_length=1, description="Its container that executes the run.")
    ecs_cluster: str | None = Field(
        None, description="Cluster of the tasks; default: cluster and network of the task that starts them."
    )
    ecs_subnets: str = Field("", description="Subnets of the tasks in that cluster, with commas between.")
    ecs_security_groups: str = Field("", description="Security groups of the tasks, with commas between.")
    run_cpu: int | None = Field(
        None, ge=256, description="CPU units of a run's task; default: the definition's. A run's tag ecs/cpu wins."
    )
    run_memory: int | None = Field(
        None, ge=512, description="MiB of a run's task; default: the definition's. A run's tag ecs/memory wins."
    )

    @model_validator(mode="before")
    @classmethod
    def _by_profile(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**_OF_AWS, **given} if given.get("profile") == "aws" else given

    @field_validator("allowed_hosts", "webhook_hosts", mode="after")
    @classmethod
    def _host_names(cls, value: str) -> str:
        names = [name.strip() for name in value.split(",") if name.strip()]
        for name in names:
            if not _HOST_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a host; write name or name:port, with commas between")
        return ",".join(names)

    @field_validator("environment", mode="after")
    @classmethod
    def _environment_name(cls, value: str) -> str:
        return environment_name(value) if value else ""

    @field_validator("mail_url", mode="after")
    @classmethod
    def _mail_scheme(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("mailto://", "mailtos://")):
            raise ValueError("must start with mailto:// or mailtos://")
        return value

    @field_validator("openlineage", mode="after")
    @classmethod
    def _receiver(cls, value: str) -> str:
        scheme, found, _ = value.partition("://")
        if found and scheme not in ("http", "https"):
            raise ValueError(f"is to be a URL of http or https, a file, or {OWN_CONFIGURATION}")
        return str(PROJECT_ROOT / value) if value and not found and value != OWN_CONFIGURATION else value

    @field_validator("alerts_urls", mode="after")
    @classmethod
    def _alert_schemes(cls, value: SecretStr | None) -> SecretStr | None:
        for number, url in enumerate(value.get_secret_value().split() if value is not None else (), 1):
            if not _SCHEME.match(url):
                raise ValueError(f"number {number} is no URL as apprise has it, as mailtos://… or json://…")
        return value

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

    @property
    def log_in_ways(self) -> frozenset[str]:
        """How people log in; empty where whoever reaches loopback is the owner."""
        return frozenset(way for way in self.login.split(",") if way)

    @property
    def is_secure(self) -> bool:
        """Whether people come by TLS, ours or a proxy's."""
        return self.tls_certificate is not None or (self.public_url or "").startswith("https://")

    @property
    def lake_location(self) -> str:
        """Where the lake is: an `s3://` URL or an absolute folder."""
        if self.lake_url is None:
            return str(self.home / "lake")
        return self.lake_url if self.lake_url.startswith("s3://") else str(PROJECT_ROOT / self.lake_url)

    @property
    def compute_logs_location(self) -> str:
        """Where what runs print is kept: an `s3://` URL or an absolute folder."""
        if self.compute_logs is not None:
            own = self.compute_logs
            return own.rstrip("/") if own.startswith("s3://") else str(PROJECT_ROOT / own)
        below = self.profile == "aws" and self.lake_location.startswith("s3://")
        return f"{self.lake_location.rstrip('/')}/compute-logs" if below else str(self.dagster_home / "compute_logs")

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

    @property
    def allowed_host_names(self) -> tuple[str, ...]:
        """The names, some with a port, that the servers answer to beside loopback's and their own address."""
        public = [] if self.public_url is None else [self.public_url.partition("://")[2]]
        return (*(name for name in self.allowed_hosts.split(",") if name), *public)

    @property
    def webhooks(self) -> frozenset[str]:
        """The hosts, some with a port, to whose webhooks notices may be sent."""
        return frozenset(name for name in self.webhook_hosts.split(",") if name)

    @property
    def alert_destinations(self) -> Sequence[str]:
        """The URLs of who is told of problems; each may hold a secret."""
        return self.alerts_urls.get_secret_value().split() if self.alerts_urls is not None else ()

    @property
    def stream_journal(self) -> Path:
        """The folder where accepted events are kept until they are an object in the lake."""
        return self.home / "stream"

    @property
    def stream_spool(self) -> Path:
        """The folder where accepted events are kept until Kinesis has them."""
        return self.home / "spool"

    @property
    def source_names(self) -> tuple[str, ...]:
        """The sources that are on, by name; empty where all are."""
        return tuple(name.strip() for name in self.sources.split(",") if name.strip())

    @property
    def web_url(self) -> str:
        """The one address, as a process on this machine reaches it."""
        host = LOOPBACK if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        scheme = "http" if self.tls_certificate is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.web_port}"

    @property
    def address(self) -> str:
        """The one address, as people write it, and as a certificate is for."""
        return self.public_url or self.web_url

    @property
    def dagster_origin(self) -> str:
        """Where Dagster's own server is asked, which answers the web process: on loopback, whatever others bind."""
        return self.dagster_url or f"http://{LOOPBACK}:{self.dagster_port}"

    @property
    def dashboard_origin(self) -> str:
        """Where the web process asks the dashboard's server."""
        return self.dashboard_url or f"http://{LOOPBACK}:{self.dashboard_port}"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance folder (DAGSTER_HOME)."""
        return self.home / "dagster"

    @property
    def postgres_data(self) -> Path:
        """The embedded Postgres server's data folder."""
        return self.home / "postgres"


class SourceSettings(_Resolved):
    """The knobs of one source: subclass it with the prefix `TRIBUTARY_<NAME>_`, and a description for each field.

    As in `class WeatherSettings(SourceSettings, env_prefix="TRIBUTARY_WEATHER_")`. Secrets are `SecretStr`.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)


Kind = TypeVar("Kind", bound=BaseSettings)


def variable_of(field: str, kind: type[BaseSettings] = Settings) -> str:
    """The environment variable that sets `field` of a class of settings."""
    return f"{kind.model_config.get('env_prefix', PREFIX)}{field}".upper()


def variables_of(kind: type[BaseSettings]) -> set[str]:
    """All variables of a class of settings."""
    return {variable_of(field, kind) for field in kind.model_fields}


def is_secret(field: str, kind: type[BaseSettings] = Settings) -> bool:
    """Whether a setting's value must never be shown."""
    found = kind.model_fields.get(field)
    return found is not None and "SecretStr" in str(found.annotation)


def shown(settings: BaseSettings) -> Iterator[tuple[str, str, str]]:
    """The variable, the value fit to be shown, and the meaning of each setting."""
    kind = type(settings)
    for name, field in kind.model_fields.items():
        value = getattr(settings, name)
        text = "not set" if value is None else "********" if is_secret(name, kind) else str(value)
        yield variable_of(name, kind), text, field.description or ""


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


def read(kind: type[Kind], env_file: Path | None = None) -> Kind:
    """Read and validate the settings of a class.

    Raises:
        SettingsError: naming the first variable that is wrong, what it holds (secrets masked) and what is expected.
    """
    try:
        return kind(_env_file=PROJECT_ROOT / ".env" if env_file is None else env_file)
    except ValidationError as error:
        raise SettingsError(_sentence(error, kind)) from None


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read on first use."""
    return load_settings()


@lru_cache
def own_settings(kind: type[Kind]) -> Kind:
    """The process's settings of one source, read on first use."""
    return read(kind)


def refuse_unknown(
    known: Collection[str], passed: Collection[str] = (), env_file: Path | None = None, *, prefix: str = PREFIX
) -> None:
    """Refuse variables with a `TRIBUTARY_` name that is not known: a misspelt one would be ignored in silence.

    Args:
        known: variables of sources; the platform's own are known.
        passed: prefixes of which all variables are let pass, as of sources that are off.
        env_file: the file that is read beside the environment.
        prefix: what the variables that are looked at begin with.

    Raises:
        SettingsError: naming the variable, and the one that was probably meant.
    """
    from dotenv import dotenv_values

    allowed = {PROJECT_VARIABLE, *variables_of(Settings), *known}
    for name in [*os.environ, *dotenv_values(PROJECT_ROOT / ".env" if env_file is None else env_file)]:
        upper = name.upper()
        if upper.startswith(prefix) and upper not in allowed and not upper.startswith(tuple(passed)):
            hint = nearest(upper, allowed, f"; known are {', '.join(sorted(allowed))}.")
            raise SettingsError(f"{name} is not a setting of Tributary{hint}")


def _sentence(error: ValidationError, kind: type[BaseSettings]) -> str:
    first: Any = error.errors(include_url=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return f"The settings do not fit together: {message}."
    field = str(first["loc"][0]).lower()
    field = field.removeprefix(variable_of("", kind).lower())
    if first["type"] == "missing":
        return f"{variable_of(field, kind)} is not set, and there is no default."
    value = "********" if is_secret(field, kind) else repr(first["input"])
    return f"{variable_of(field, kind)} is {value}, which cannot be used: {message[0].lower()}{message[1:]}."
