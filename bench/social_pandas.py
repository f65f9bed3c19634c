"""The same six tables of an event object as somebody at home in pandas would make them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd

SENT = ["timestamp", "sentAt", "receivedAt"]
RENAMED = {
    "messageId": "message_id",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "previousId": "previous_id",
    "sentAt": "sent_at",
    "receivedAt": "received_at",
}
OWN = ("Post Created", "Post Liked", "Follow User", "Unfollow User")
CALLER = ("anonymousId", "campaign_source", "campaign_medium", "campaign_name", "referrer", "device")


def tables(key: str, data: bytes) -> dict[str, pd.DataFrame]:
    """The tables with rows, by name. Good records only: this way keeps no bad one, and fails on most of them."""
    lines = data.replace(b"}{", b"}\n{")
    frame = pd.read_json(io.BytesIO(lines), lines=True, convert_dates=False, dtype=False)
    frame["record_offset"] = [0, *pd.Series([len(line) for line in lines.split(b"\n")]).cumsum()[:-1]]
    frame["source_object"] = key
    for column in ("event", "name", "traits", "properties", "context", "previousId"):
        if column not in frame:
            frame[column] = None
    frame = frame.assign(**_said_by_caller(frame["context"]))
    for column in SENT:
        frame[column] = pd.to_datetime(frame[column], utc=True, format="ISO8601").dt.tz_localize(None)
    track, identify = frame["type"] == "track", frame["type"] == "identify"
    event = frame["event"].where(track)
    parts = {
        "social_users": _users(frame[identify]),
        "social_posts": _posts(frame[event == "Post Created"]),
        "social_follows": _pairs(frame[event == "Follow User"]),
        "social_unfollows": _pairs(frame[event == "Unfollow User"]),
        "social_reactions": _reactions(frame[event == "Post Liked"]),
        "social_other_events": _others(frame[~identify & ~event.isin(OWN)]),
    }
    return {name: part.rename(columns=RENAMED) for name, part in parts.items() if len(part)}


def write(folder: Path, key: str, parts: dict[str, pd.DataFrame]) -> int:
    """A Parquet file for each table; the bytes of all."""
    total = 0
    for name, part in parts.items():
        path = folder / name / f"{key.rpartition('/')[2]}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        part.to_parquet(path, compression="zstd", index=False, coerce_timestamps="us")
        total += path.stat().st_size
    return total


def _users(frame: pd.DataFrame) -> pd.DataFrame:
    traits = frame["traits"]
    own = ("username", "email", "about_me")
    rest = [_sorted({name: value for name, value in said.items() if name not in own}) for said in traits]
    return _shared(frame).assign(userId=frame["userId"], **{name: traits.str.get(name) for name in own}, traits=rest)


def _posts(frame: pd.DataFrame) -> pd.DataFrame:
    said = frame["properties"]
    published = pd.to_datetime(said.str.get("created_at"), utc=True, format="ISO8601").dt.tz_localize(None)
    return _shared(frame).assign(
        post_id=said.str.get("post_id").fillna(frame["messageId"]),
        userId=said.str.get("author").fillna(frame["userId"]),
        published_at=published.fillna(frame["timestamp"]),
        body=said.str.get("body"),
    )


def _pairs(frame: pd.DataFrame) -> pd.DataFrame:
    return _shared(frame).assign(userId=frame["userId"], user_id_recipient=frame["properties"].str.get("user_id"))


def _reactions(frame: pd.DataFrame) -> pd.DataFrame:
    said = frame["properties"]
    return _shared(frame).assign(
        userId=frame["userId"], post_id=said.str.get("post_id"), author_id=said.str.get("author")
    )


def _others(frame: pd.DataFrame) -> pd.DataFrame:
    said = [
        _sorted({**({"name": name} if isinstance(name, str) else {}), **fields})
        for name, fields in zip(frame["name"], frame["properties"], strict=True)
    ]
    return _shared(frame).assign(
        type=frame["type"],
        event=frame["event"],
        userId=frame["userId"],
        previousId=frame["previousId"],
        properties=said,
    )


def _shared(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[["messageId", *CALLER, *SENT, "source_object", "record_offset"]]


def _said_by_caller(context: pd.Series) -> dict[str, pd.Series]:
    campaign, page = context.str.get("campaign"), context.str.get("page")
    referrer = page.str.get("referrer").replace("", None)
    return {
        **{f"campaign_{name}": campaign.str.get(name) for name in ("source", "medium", "name")},
        "referrer": referrer.fillna(context.str.get("referrer").str.get("url")),
        "device": context.str.get("device").str.get("type").fillna(context.str.get("library").str.get("name")),
    }


def _sorted(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
