"""Settings of sources, and the variables that are none of anybody's."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tributary.resources.errors import nearest
from tributary.resources.places import PROJECT_VARIABLE
from tributary.resources.settings.reading import (
    PREFIX,
    PROJECT_ROOT,
    Kind,
    ReadSettings,
    SettingsError,
    read,
    variables_of,
)
from tributary.resources.settings.whole import Settings, get_settings


class SourceSettings(ReadSettings):
    """The knobs of one source: subclass it with the prefix `TRIBUTARY_<NAME>_`, and a description for each field.

    As in `class WeatherSettings(SourceSettings, env_prefix="TRIBUTARY_WEATHER_")`. Secrets are `SecretStr`.
    """

    @classmethod
    def _where_secrets_are(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG003  (not its own)
        return get_settings().model_dump(include={"aws_region", "aws_endpoint_url"})


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
