"""The collector, and the stream that takes its events."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from tributary.resources.guarding import LOCAL_WRITE_KEY
from tributary.resources.settings.home import HomeSettings


class EventSettings(HomeSettings):
    """The collector and the event stream."""

    collector_write_key: SecretStr = Field(
        SecretStr(LOCAL_WRITE_KEY), description="Write key that the event collector asks of its senders."
    )
    stream: str = Field(
        "web-data",
        pattern=r"^[A-Za-z0-9_.-]{1,128}$",
        description="Name of the event stream; with kinesis, of the Kinesis stream that Firehose reads.",
    )
    stream_engine: Literal["folder", "kinesis"] = Field(
        "folder", description="What takes events first: a journal in <home>, or Kinesis; kinesis with the profile aws."
    )
    stream_spool_bytes: int = Field(
        256_000_000,
        ge=0,
        description="Bytes of events that wait in <home> while Kinesis is away, at most; 0: none (kinesis).",
    )
    stream_buffer_seconds: float = Field(
        30, gt=0, le=900, description="Events wait this long at most before they become an object in the lake (folder)."
    )
    stream_buffer_bytes: int = Field(
        5_000_000, ge=1_000, le=128_000_000, description="Events become an object in the lake at this size (folder)."
    )

    @property
    def stream_journal(self) -> Path:
        """The folder where accepted events are kept until they are an object in the lake."""
        return self.home / "stream"

    @property
    def stream_spool(self) -> Path:
        """The folder where accepted events are kept until Kinesis has them."""
        return self.home / "spool"
