"""The event collector: an HTTP endpoint that speaks Segment's tracking protocol and fills the event stream.

Receiving, checking and completing messages belongs here; where they become durable is `resources.stream`, what they
mean is decided where the lake is read. The web process mounts `Collector(stream, write_key)` at `/v1`.
"""

from __future__ import annotations

from tributary.web.collector.app import Collector, normal_path

COLLECTOR = "/v1"
"""The path below which it answers."""

__all__ = ["COLLECTOR", "Collector", "normal_path"]
