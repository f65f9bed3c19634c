"""The lake: named, immutable-by-habit objects of bytes, in a folder or in S3, behind one interface.

What may be asked of a lake, where it is opened, and how it fails belong here; what the objects mean (their layout in
the lake, their format, which are new) does not. Importing this package loads no engine: `open_lake` loads the one that
the location names.
"""

from __future__ import annotations

from tributary.resources.lake.errors import (
    LakeAccessError,
    LakeError,
    LakeKeyError,
    LakeLocationError,
    LakeSourceError,
    LakeUnavailableError,
    ObjectChangedError,
    ObjectDamagedError,
    ObjectNotFoundError,
)
from tributary.resources.lake.model import Lake, ObjectData, ObjectInfo
from tributary.resources.lake.opening import open_lake

__all__ = [
    "Lake",
    "LakeAccessError",
    "LakeError",
    "LakeKeyError",
    "LakeLocationError",
    "LakeSourceError",
    "LakeUnavailableError",
    "ObjectChangedError",
    "ObjectDamagedError",
    "ObjectData",
    "ObjectInfo",
    "ObjectNotFoundError",
    "open_lake",
]
