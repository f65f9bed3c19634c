"""The settings: read once from `TRIBUTARY_*` variables or `.env`, validated, frozen; no other module reads these.

Every knob of the platform is in `Settings`, which is put together from a part a subject. A source's own knobs are in a
class of the source's, a `SourceSettings`, and are read by the same rules. What is derived from a setting (a folder's
path, a URL) is a property here, so that no two places derive it differently.
"""

from tributary.resources.settings.of_sources import SourceSettings, own_settings, refuse_unknown
from tributary.resources.settings.reading import (
    LOOPBACK,
    PREFIX,
    PROJECT_ROOT,
    ProjectPath,
    SettingsError,
    is_secret,
    read,
    shown,
    variable_of,
    variables_of,
)
from tributary.resources.settings.telling import OWN_CONFIGURATION
from tributary.resources.settings.whole import Settings, get_settings, load_settings

__all__ = [
    "LOOPBACK",
    "OWN_CONFIGURATION",
    "PREFIX",
    "PROJECT_ROOT",
    "ProjectPath",
    "Settings",
    "SettingsError",
    "SourceSettings",
    "get_settings",
    "is_secret",
    "load_settings",
    "own_settings",
    "read",
    "refuse_unknown",
    "shown",
    "variable_of",
    "variables_of",
]
