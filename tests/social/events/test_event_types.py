"""A new event type is one record: its table, rows, refusals, lineage and assets are there with it."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.social.events.making import SOURCE, TIME, track

# The record is added before anything is made of the list, as it would be in the file.
ADDED = """
import json, sys
from tributary.assets.social import event_types
from tributary.assets.social.event_types import EventField, EventType

event_types.EVENT_TYPES += (
    EventType("Post Shared", "social_shares", "Shares.", (
        EventField("user_id", "id", "Who shares.", ("userId",)),
        EventField("post_id", "id", "What is shared.", ("properties.post_id", "properties.post")),
        EventField("shared_at", "time", "When.", ("properties.at", "timestamp")),
        EventField("word", "text", "What was said.", ("properties.word",), ("pii",)),
    )),
)
from tributary.assets.social.events.transform import transform
from tributary.assets.social.staged_assets import STAGED

made = transform(sys.argv[1], sys.stdin.buffer.read())
shares = next(one for one in STAGED if one.table.key == "staged.social_shares")
print(json.dumps({
    "rows": made.tables["staged.social_shares"].to_pylist(),
    "tables": sorted(made.tables),
    "rejected": [one.reason for one in made.rejected],
    "lineage": {name: [source.column for source in of] for name, of in shares.lineage.items()},
    "private": [column.name for column in shares.table.columns if column.tags],
    "checks": [check.name for check in shares.table.checks],
    "grain": shares.table.grain,
    "asset": [key.to_user_string() for key in shares.asset().keys],
}, default=str))
"""


def test_a_new_event_type_is_one_record() -> None:
    data = [
        track("Post Shared", {"post_id": "p1", "word": "yes"}),
        track("Post Shared", {"post": 7, "at": "2026-03-01T07:00:00Z", "word": {"b": 1}}, messageId="m-2"),
        track("Post Shared", {"post_id": "p3", "at": "2026-04-01T07:00:00Z"}, messageId="m-3", receivedAt=TIME),
        track("Post Shared", {"word": "what?"}, messageId="m-4"),
        track("Post Shared", {"post_id": True}, messageId="m-5"),
        track("Post Hidden", {}, messageId="m-6"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", ADDED, SOURCE], input=b"".join(data), check=True, capture_output=True
    ).stdout
    found = json.loads(done)
    assert found["tables"] == ["staged.social_other_events", "staged.social_shares"]
    own = ("message_id", "user_id", "post_id", "shared_at", "word")
    moment = "2026-03-01 07:10:00.123000"
    assert [tuple(row[name] for name in own) for row in found["rows"]] == [
        ("m-1", "u-1", "p1", moment, "yes"),
        ("m-2", "u-1", "7", "2026-03-01 07:00:00", '{"b":1}'),
        ("m-3", "u-1", "p3", moment, None),
    ]
    assert [row["record_offset"] for row in found["rows"]] == [0, len(data[0]), len(data[0] + data[1])]
    assert found["rejected"] == [
        "properties.post_id is missing, and properties.post too",
        "properties.post_id is neither text nor a number",
    ]
    assert found["lineage"]["shared_at"] == ["properties.at", "timestamp"]
    assert found["lineage"]["record_offset"] == found["lineage"]["source_object"] == []
    assert found["private"] == ["word", "referrer"]
    assert found["grain"] == "one row a 'Post Shared' message"
    assert {"unique_message_id", "records_reconcile"} <= set(found["checks"])
    assert found["asset"] == ["staged/social_shares"]
