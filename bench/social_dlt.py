"""The same six tables by dlt: one resource over the objects, into Parquet files of its filesystem destination.

Decoding and picking apart is plain Python, as its documentation shows; types, normalising and files are dlt's work.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tributary.resources.lake.folder import FolderLake

SHARED = {"timestamp": "timestamp", "sentAt": "sent_at", "receivedAt": "received_at", "messageId": "message_id"}
OWN = ("username", "email", "about_me")
EVENTS = {
    "Follow User": "social_follows",
    "Unfollow User": "social_unfollows",
    "Post Created": "social_posts",
    "Post Liked": "social_reactions",
}


def run(lake: FolderLake, keys: list[str], out: Path) -> int:
    """Load all objects in one pipeline run; how many rows there were."""
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "false",
    }
    import dlt

    count = 0

    @dlt.resource(name="events", write_disposition="append", max_table_nesting=0)
    def events() -> Iterator[Any]:
        nonlocal count
        for key, data in lake.get_many(keys):
            rows: dict[str, list[dict[str, Any]]] = {}
            for table, row in _rows(key, data):
                rows.setdefault(table, []).append(row)
                count += 1
            for table, found in rows.items():
                yield dlt.mark.with_table_name(found, table)

    pipeline = dlt.pipeline(
        "bench_social",
        pipelines_dir=str(out / "pipelines"),
        destination=dlt.destinations.filesystem(bucket_url=(out / "files").as_uri()),
        dataset_name="social",
    )
    pipeline.run(events(), loader_file_format="parquet")
    return count


def _rows(key: str, data: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    offset = 0
    for line in data.replace(b"}{", b"}\n{").split(b"\n"):
        record = json.loads(line)
        row = {name: record.get(said) for said, name in SHARED.items()}
        row |= {"user_id": record.get("userId"), "source_object": key, "record_offset": offset}
        row |= _caller(record)
        offset += len(line)
        fields = dict(record.get("traits" if record["type"] == "identify" else "properties") or {})
        table = EVENTS.get(record.get("event"), "social_other_events")
        if record["type"] == "identify":
            table = "social_users"
            row |= {name: fields.pop(name, None) for name in OWN}
            row["traits"] = json.dumps(fields, sort_keys=True)
        elif table == "social_posts":
            row |= {"user_id": fields.get("author"), "published_at": fields.get("created_at")}
            row |= {"post_id": fields.get("post_id"), "body": fields.get("body")}
        elif table == "social_other_events":
            row |= {"type": record["type"], "event": record.get("event"), "previous_id": record.get("previousId")}
            row["properties"] = json.dumps(fields, sort_keys=True)
        elif table == "social_reactions":
            row |= {"post_id": fields.get("post_id"), "author_id": fields.get("author")}
        else:
            row["user_id_recipient"] = fields.get("user_id")
        yield table, row


def _caller(record: dict[str, Any]) -> dict[str, Any]:
    said = record.get("context") or {}
    campaign, page = said.get("campaign") or {}, said.get("page") or {}
    return {
        "anonymous_id": record.get("anonymousId"),
        "campaign_source": campaign.get("source"),
        "campaign_medium": campaign.get("medium"),
        "campaign_name": campaign.get("name"),
        "referrer": page.get("referrer") or (said.get("referrer") or {}).get("url"),
        "device": (said.get("device") or {}).get("type") or (said.get("library") or {}).get("name"),
    }
