"""Opens files of Iceberg tables that lie in a folder of this machine, as Trino names them: `local:///…`.

Trino's local file system knows no other scheme, and metadata must name files as Trino does: so the name is kept, and
only what is opened is the file.
"""

from __future__ import annotations

from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.typedef import EMPTY_DICT, Properties

from tributary.resources.trino.configuration import LOCAL

ROOT = "tributary.local-root"
"""The property that names the folder which is the root of all such names."""


class LocalFileIO(PyArrowFileIO):
    """Files below a folder."""

    @staticmethod
    def parse_location(location: str, properties: Properties = EMPTY_DICT) -> tuple[str, str, str]:
        if location.startswith(LOCAL):
            return "file", "", properties[ROOT] + location.removeprefix(LOCAL)
        return PyArrowFileIO.parse_location(location, properties)
