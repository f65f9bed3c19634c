"""The one address, the servers behind it, and who may reach them."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator

from tributary.resources.settings.reading import LOOPBACK, PlatformSettings, ProjectPath, host_names


class ServerSettings(PlatformSettings):
    """What is served, where, and to which names."""

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
        "",
        description="Addresses of proxies, with commas between: their X-Forwarded-For and -Proto are believed, and "
        "connections are kept open for them.",
    )
    tls_certificate: ProjectPath | None = Field(None, description="File of the certificate chain (PEM), to serve TLS.")
    tls_key: ProjectPath | None = Field(None, description="File of the certificate's private key (PEM).")

    @field_validator("allowed_hosts", mode="after")
    @classmethod
    def _allowed_hosts(cls, value: str) -> str:
        return host_names(value)

    @property
    def is_secure(self) -> bool:
        """Whether people come by TLS, ours or a proxy's."""
        return self.tls_certificate is not None or (self.public_url or "").startswith("https://")

    @property
    def allowed_host_names(self) -> tuple[str, ...]:
        """The names, some with a port, that the servers answer to beside loopback's and their own address."""
        public = [] if self.public_url is None else [self.public_url.partition("://")[2]]
        return (*(name for name in self.allowed_hosts.split(",") if name), *public)

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
