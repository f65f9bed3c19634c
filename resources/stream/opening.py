"""From the settings to an event stream. Which settings get which engine is decided here and nowhere else."""

from __future__ import annotations

from tributary.resources.lake import Lake
from tributary.resources.settings import Settings
from tributary.resources.stream.model import EventStream


def open_stream(settings: Settings, lake: Lake) -> EventStream:
    """Open the stream that the settings name: Kinesis with a spool before it, or a journal folder that fills `lake`.

    Kinesis is not called before the first use; Firehose, which reads it, fills the lake then.

    Raises:
        StreamFolderError: the journal folder is in use by another process, or cannot be used.
        LakeKeyError: no object of the lake can have the stream's name.
    """
    if settings.stream_engine == "kinesis":
        from tributary.resources.stream.kinesis import PATIENCE_SECONDS, SPOOLED_PATIENCE_SECONDS, KinesisStream

        most = settings.stream_spool_bytes
        kinesis = KinesisStream(
            settings.stream,
            region=settings.aws_region,
            endpoint_url=settings.aws_endpoint_url,
            patience_seconds=SPOOLED_PATIENCE_SECONDS if most else PATIENCE_SECONDS,
        )
        if not most:
            return kinesis
        from tributary.resources.stream.spooled import SpooledStream

        return SpooledStream(kinesis, settings.stream_spool, settings.stream, spool_bytes=most)
    from tributary.resources.stream.firehose import FolderFirehose

    return FolderFirehose(
        lake,
        settings.stream_journal,
        settings.stream,
        buffer_seconds=settings.stream_buffer_seconds,
        buffer_bytes=settings.stream_buffer_bytes,
    )
