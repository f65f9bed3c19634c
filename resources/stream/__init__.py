"""The event stream: where collected events become durable before they are objects in the lake.

What may be asked of a stream, where it is opened and how it fails belong here; what events mean, and how they are
received and read again, does not. Importing this package loads no engine: `open_stream` loads the one that is needed.
"""

from __future__ import annotations

from tributary.resources.stream.errors import (
    RecordTooLargeError,
    StreamAccessError,
    StreamBusyError,
    StreamClosedError,
    StreamError,
    StreamFolderError,
    StreamUnavailableError,
)
from tributary.resources.stream.model import EventStream, Record
from tributary.resources.stream.opening import open_stream

__all__ = [
    "EventStream",
    "Record",
    "RecordTooLargeError",
    "StreamAccessError",
    "StreamBusyError",
    "StreamClosedError",
    "StreamError",
    "StreamFolderError",
    "StreamUnavailableError",
    "open_stream",
]
