"""Rows that engines tell apart most easily, put into the sources of a home through their own doors.

Blank and empty texts, backslashes and quotes, letters that collations order otherwise than bytes, ties, halves,
microseconds, and days of 1900 and 9999. What a source does not let in must be set aside alike.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import sessionmaker

from tributary.assets.meetup.arrivals import RAW_EVENTS, RAW_GROUPS
from tributary.assets.pledges.files import CONTRACT as PLEDGES
from tributary.assets.sneakers.app.database import open_engine
from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.service.opening import open_service
from tributary.assets.sneakers.app.service.pairs import Purchase
from tributary.resources.lake.model import Lake
from tributary.resources.postgres.databases import Databases

TEXTS = (
    "zebra", "Zebra", "ZEBRA", "äpfel", "Äpfel", "apfel", "éclair", "Éclair", "eclair", "ß", "ss", "\ufb01n", "fin",
    "a\\b", "\\", "\\\\n", "50%", "100%_x", "it's", 'say "so"', "O''Neil", "a  b", " padded ", "tab\tstop",
    "no\u00a0break", "null", "NULL", "0", "-", "_", "~", "[x]", "a.b", "(", "😀", "日本", "Ω", "i\u0307", "İstanbul",
)  # fmt: skip
BLANK = ("", " ", "   ")
"""Texts that hold nothing to see."""


def put_retail(folder: Path) -> None:
    """Products, households and campaigns of odd names, and sales on the first day and the last, of halves of a cent."""
    odd = [*BLANK, *TEXTS]
    first = 900_000_001
    _append(
        folder / "product.csv",
        ([first + n, n % 3, text, "National", text, f"{text}{text}", text] for n, text in enumerate(odd)),
    )
    _append(folder / "product.csv", [[first, 1, "x", "Private", "said", "twice", ""], ["x", 1, "", "", "", "", ""]])
    _append(folder / "hh_demographic.csv", ([t, t, t, t, t, t, t, 90_000 + n] for n, t in enumerate(odd)))
    _append(folder / "campaign_desc.csv", [["TypeA", 901, 1, 9999], [" TypeB ", 902, 9998, 9999], ["typec", 903, 0, 5]])
    _append(folder / "campaign_table.csv", [["TypeA", 90_000, 901], ["", 90_001, 901], [" TypeB", 90_001, 902]])
    _append(folder / "coupon.csv", [[9_999_999_999, first + 1, 901], [9_999_999_999, first + 2, 901]])
    _append(folder / "coupon_redempt.csv", [[90_000, 1, 9_999_999_999, 901], [90_001, 9999, 9_999_999_999, 902]])
    _append(
        folder / "causal_data.csv", [[first, 1, 1, "0", "\\"], [first, 1, 9999, "é", ""], [first, 1, 10_000, "0", "0"]]
    )
    sales: list[list[Any]] = []
    for n in range(60):
        day = (1, 2, 400, 401, 9998, 9999)[n % 6]
        money = ("0.05", "0.15", "2.345", "0", "1e2", "-0.25", "0.125", "1.005")[n % 8]
        time, discount = ("0", "2359", "0930", "1200", "2400")[n % 5], ("0", "-0.05", "-0.15", "-0.5")[n % 4]
        basket, week = 8_000_000_000 + n // 3, (day + 8) // 7
        sales.append(
            [90_000 + n % 7, basket, day, first + n % 40, n % 4, money, 1, discount, time, week, "0.0", discount]
        )
    _append(folder / "transaction_data.csv", sales)


def put_pledges(folder: Path) -> None:
    """Statements of 1900 and 9999: odd numbers of bills, weights of half a milligram, and lines that say the same."""
    header = [column.source for column in PLEDGES.columns]
    for name, day in (
        ("ZZZ01-1900-01", "1900-01-01"),
        ("ZZZ01-9999-12", "9999-12-31"),
        ("AAA01-2024-02", "2024-02-29"),
    ):
        nets = ("10.125", "0.0005", "3.3335")
        lines = [
            [name[:5], text, day, f"b{n % 4}", kind, 1 + n % 3, "10.125", nets[n % 3], "21.75", f"{n}.05"]
            for n, (text, kind) in enumerate(zip(TEXTS, reversed(TEXTS), strict=True))
        ]  # fmt: skip
        broken = [
            [name[:5], "n1", day, "b1", "Ring", 0, "1", "1", "22", "1"],
            [name[:5], "n2", "2024-02-30", "b1", "Ring", 1, "1", "2", "22", "1"],
            [name[:5], "", day, "b1", "", 1, "1", "1", "24.01", "-0.01"],
        ]
        path = folder / f"{name}.csv"
        path.unlink(missing_ok=True)
        _append(path, [header, *lines, lines[0], *broken])


def put_sneakers(databases: Databases) -> None:
    """Brands and pairs of odd names, bought on one day of 1900 at prices that make halves, worn on the same days."""
    engine = open_engine(databases.sqlalchemy_url("app"))
    try:
        service = open_service(sessionmaker(engine, expire_on_commit=False), lambda: date(2026, 1, 1))
        for n, (brand, name) in enumerate((("zebra \\ Ω", "äpfel"), ("Éclair's", "Äpfel"), ("éa 100%", "apfel \\"))):
            token = iter(UUID(int=n * 1000 + step, version=4) for step in range(1000))
            made = service.brands.add(next(token), brand)
            for step, price in enumerate(("0.01", "0.02", "0.05", "999999.99")):
                day = (date(1900, 1, 1), date(2024, 2, 29))[step % 2]
                pair = Purchase(name, TEXTS[step], "wool 'n' \\", price, made.manufacturer_id, "eur", " 42½ ", "a\\b")
                bought = service.pairs.buy(
                    next(token), pair, day, datetime(2024, 2, 29, 1, 2, 3, 123456 + n, UTC) if step % 2 else None
                )
                for worn in (day, day, date(2025, 12, 31)):
                    service.pairs.use(next(token), EventType.WORN, bought.sneaker_id, worn)
    finally:
        engine.dispose()


def put_meetup(lake: Lake) -> None:
    """Odd names, counts and venues in what was pulled of groups and events: every third line of each object."""
    for prefix in (RAW_GROUPS, RAW_EVENTS):
        for number, info in enumerate(list(lake.list(prefix))):
            lines = lake.get(info.key).splitlines()
            told = [line if n % 3 else _odd(line, number + n) for n, line in enumerate(lines)]
            lake.put(info.key, b"".join(line + b"\n" for line in told))


def _odd(line: bytes, seed: int) -> bytes:
    node, text = json.loads(line), TEXTS[seed % len(TEXTS)]
    node |= {name: text for name in ("name", "title", "city", "description") if name in node}
    if "dateTime" in node:
        node["createdTime"] = ("1900-01-01T00:00:00-08:00", "2018-01-01T00:00:00.123456Z", None)[seed % 3]
        node["rsvps"] = {"yesCount": seed % 3, "noCount": None, "totalCount": 0} if seed % 2 else None
        node["feeSettings"] = {"amount": (0.005, 2.675, 10)[seed % 3], "currency": "eur", "required": seed % 2 == 0}
        for venue in node.get("venues") or ():
            venue |= {"name": text, "city": "", "lat": (0.5, -0.0, 89.999999999)[seed % 3]}
    return json.dumps(node, ensure_ascii=False).encode()


def put_social(lake: Lake, hour: datetime) -> None:
    """Two objects of an hour: people, posts and follows of odd texts and times; the second says some of it again."""
    names = [*BLANK, *TEXTS]
    people = [
        _message(n, hour, type="identify", traits={"username": text, "email": f"{n}@x.org", "name": text, "bio": text})
        for n, text in enumerate(names)
    ]
    posts = [
        _track(100 + n, hour, "Post Created", post_id=f"p{n % 30}", body=text, language=text)
        for n, text in enumerate(names)
    ]
    likes = [
        _track(200 + n, hour, "Post Liked", post_id=f"p{n % 9}", author=f"u{n % 5}", reaction=text)
        for n, text in enumerate(names)
    ]
    follows = [
        _track(300 + n, hour, ("Follow User", "Unfollow User")[n % 3 == 2], user_id=f"u{n % 6}") for n in range(40)
    ]
    others = [_track(400 + n, hour, text, value=0.5 + n, text=text, none=None) for n, text in enumerate(names)]
    times = (
        "1900-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        f"{hour:%Y-%m-%dT%H}:00:00.000001Z",
        f"{hour:%Y-%m-%dT%H}:59:59.999999Z",
        "never",
    )
    timed = [
        _track(500 + n, hour, "Post Created", timestamp=at, post_id=f"t{n}", body="x") for n, at in enumerate(times)
    ]
    _deliver(lake, hour, "5-00", [*people, *posts, *likes, *follows, *others, *timed])
    _deliver(lake, hour, "5-30", [*posts[:20], *reversed(people[-20:]), *timed])


def put_later(lake: Lake, hour: datetime, pledges: Path) -> None:
    """What comes after all was loaded: a message earlier than it came before, an object and a statement said anew."""
    posts = [_track(100 + n, hour, "Post Created", post_id=f"p{n}", body=f"earlier {n}") for n in range(5, 15)]
    _deliver(lake, hour - timedelta(hours=1), "5-00", posts)
    _deliver(lake, hour, "5-30", [*posts[:3], _track(900, hour, "Post Liked", post_id="p1", author="u1")])
    path = pledges / "AAA01-2024-02.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], *lines[20:], lines[1].replace("10.125", "11.5")]))


def _message(n: int, hour: datetime, **fields: Any) -> dict[str, Any]:
    # Five messages share a moment, and their users come in every case.
    at = hour + timedelta(minutes=n // 5 % 60, microseconds=n // 5)
    whole = {"messageId": f"odd-{n}", "userId": f"{'uU'[n % 2]}{n % 7}", "anonymousId": f"a{n % 4}", "version": 2}
    return {**whole, "timestamp": at.isoformat(), "receivedAt": (at + timedelta(seconds=1)).isoformat(), **fields}


def _track(n: int, hour: datetime, event: str, timestamp: str | None = None, **properties: Any) -> dict[str, Any]:
    fields = {} if timestamp is None else {"timestamp": timestamp}
    return _message(n, hour, type="track", event=event, properties=properties, **fields)


def _deliver(lake: Lake, hour: datetime, minute: str, records: Iterable[dict[str, Any]]) -> None:
    data = b"".join(json.dumps(record, ensure_ascii=False).encode() for record in records)
    lake.put(f"web-data/raw/{hour:%Y/%m/%d/%H}/web-data-1-{hour:%Y-%m-%d-%H}-{minute}-odd", data)


def _append(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
