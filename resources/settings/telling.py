"""Who is told what: notices of reports, alerts, OpenLineage."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import Field, SecretStr, field_validator

from tributary.resources.settings.reading import PROJECT_ROOT, PlatformSettings, host_names

OWN_CONFIGURATION = "config"
"""Leaves it to OpenLineage's client where events go: to its variables, and its `openlineage.yml`."""

_SCHEME = re.compile(r"[A-Za-z0-9+.-]+://[^/?]")


class TellingSettings(PlatformSettings):
    """Mail, webhooks, alerts and lineage events."""

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

    @field_validator("webhook_hosts", mode="after")
    @classmethod
    def _webhook_hosts(cls, value: str) -> str:
        return host_names(value)

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

    @property
    def webhooks(self) -> frozenset[str]:
        """The hosts, some with a port, to whose webhooks notices may be sent."""
        return frozenset(name for name in self.webhook_hosts.split(",") if name)

    @property
    def alert_destinations(self) -> Sequence[str]:
        """The URLs of who is told of problems; each may hold a secret."""
        return self.alerts_urls.get_secret_value().split() if self.alerts_urls is not None else ()
