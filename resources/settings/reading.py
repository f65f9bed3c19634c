"""How settings are read: variables and `.env`, secrets looked up, one sentence where a value cannot be used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tributary.resources.errors import TributaryError
from tributary.resources.places import PROJECT
from tributary.resources.secret_references import SecretError, is_reference, look_up

PREFIX = "TRIBUTARY_"
LOOPBACK = "127.0.0.1"
PROJECT_ROOT = PROJECT
_HOST_NAME = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")


class SettingsError(TributaryError):
    """A setting is missing, misspelt or has a value that cannot work."""


def _from_the_root(path: Path) -> Path:
    return PROJECT_ROOT / path.expanduser()


ProjectPath = Annotated[Path, AfterValidator(_from_the_root)]
"""A path, of which a relative one is taken from the project's root, whatever the working directory."""


class ReadSettings(BaseSettings):
    """Settings of which the secret ones may be references to secrets, looked up when they are read."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    @classmethod
    def _where_secrets_are(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The platform's settings of the AWS that is asked, by name."""
        raise NotImplementedError

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
            platform = cls._where_secrets_are(given)
            try:
                found[field] = look_up(value, platform.get("aws_region"), platform.get("aws_endpoint_url"))
            except SecretError as error:
                raise SettingsError(f"{variable} cannot be had: {error}") from None
        return found


class PlatformSettings(ReadSettings):
    """A part of the platform's own settings."""

    # Of the parts nobody makes one: only the whole is worth building, on first use.
    model_config = SettingsConfigDict(env_prefix=PREFIX, defer_build=True)

    @classmethod
    def _where_secrets_are(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return given


Kind = TypeVar("Kind", bound=BaseSettings)


def host_names(value: str) -> str:
    """Names of hosts with commas between, some with a port, as they are kept.

    Raises:
        ValueError: one is none.
    """
    names = [name.strip() for name in value.split(",") if name.strip()]
    for name in names:
        if not _HOST_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a host; write name or name:port, with commas between")
    return ",".join(names)


def variable_of(field: str, kind: type[BaseSettings] = PlatformSettings) -> str:
    """The environment variable that sets `field` of a class of settings."""
    return f"{kind.model_config.get('env_prefix', PREFIX)}{field}".upper()


def variables_of(kind: type[BaseSettings]) -> set[str]:
    """All variables of a class of settings."""
    return {variable_of(field, kind) for field in kind.model_fields}


def is_secret(field: str, kind: type[BaseSettings] = PlatformSettings) -> bool:
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


def read(kind: type[Kind], env_file: Path | None = None) -> Kind:
    """Read and validate the settings of a class.

    Raises:
        SettingsError: naming the first variable that is wrong, what it holds (secrets masked) and what is expected.
    """
    try:
        return kind(_env_file=PROJECT_ROOT / ".env" if env_file is None else env_file)
    except ValidationError as error:
        raise SettingsError(_sentence(error, kind)) from None


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
