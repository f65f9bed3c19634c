"""From the settings to an event stream. Which profile gets which engine is decided here and nowhere else."""

from __future__ import annotations

from tributary.resources.lake import Lake
from tributary.resources.settings import Settings
from tributary.resources.stream.model import EventStream


def open_stream(settings: Settings, lake: Lake) -> EventStream:
    """Open the stream that the settings name: Kinesis on the profile `aws`, else a journal folder that fills `lake`.

    Kinesis is not called before the first use; Firehose, which reads it, fills the lake then.

    Raises:
        StreamFolderError: the journal folder is in use by another process, or cannot be used.
        LakeKeyError: no object of the lake can have the stream's name.
    """
    if settings.profile == "aws":
        from tributary.resources.stream.kinesis import KinesisStream

        return KinesisStream(settings.stream, region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    from tributary.resources.stream.firehose import FolderFirehose

    return FolderFirehose(
        lake,
        settings.stream_journal,
        settings.stream,
        buffer_seconds=settings.stream_buffer_seconds,
        buffer_bytes=settings.stream_buffer_bytes,
    )
