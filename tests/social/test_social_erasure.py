"""Erasing a user: what is theirs, that it goes from every object and table, and that nothing brings it back."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.social.events.making import SOURCE, follow, identify, track
from tests.social.events.test_event_columns import RECORDS
from tests.social.test_social_pipeline import HOUR, contents, deliver, message, take_up
from tests.social.test_social_pipeline import lake as lake

from tributary.assets.social.events.erasure import Erased, entomb, read_erased, redacted, sweep
from tributary.assets.social.events.transform import Transformed, transform
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

ANN = Erased(frozenset({"a"}), frozenset({"b"}))


def rows_of(transformed: Transformed) -> dict[str, list[dict[str, Any]]]:
    """The rows without their places, which move."""
    return {key: table.drop_columns(["record_offset"]).to_pylist() for key, table in transformed.tables.items()}


@settings(deadline=None)
@given(records=st.lists(RECORDS, max_size=8), packed=st.booleans())
def test_an_object_without_their_records_reads_as_one_of_which_they_are_left_out(
    records: list[bytes], packed: bool
) -> None:
    data = b"\n".join(records)
    data = gzip.compress(data) if packed else data
    whole, told = transform(SOURCE, data), transform(SOURCE, data, ANN)
    assert told.rows + len(told.rejected) + told.erased == told.records == len(records)
    kept = redacted(SOURCE, data, ANN)
    assert (kept is None) == (told.erased == 0)
    again = transform(SOURCE, data if kept is None else kept)
    assert rows_of(again) == rows_of(told)
    assert [(bad.raw, bad.reason) for bad in again.rejected] == [(bad.raw, bad.reason) for bad in told.rejected]
    assert again.records == whole.records - told.erased
    assert kept is None or redacted(SOURCE, kept, ANN) is None
    for rows in rows_of(told).values():
        assert not any(row["user_id"] == "a" or row.get("user_id_recipient") == "a" for row in rows)


@pytest.mark.parametrize(
    ("record", "is_theirs"),
    [
        (follow(userId="a"), True),
        (follow(properties={"user_id": "a"}), True),
        (follow(userId="x", anonymousId="a"), False),
        (track("Post Created", {"author": "a"}, userId="x"), True),
        (track("Post Created", {"body": "about a"}, userId="x"), False),
        (identify({}, userId=b"\\u0061".decode("unicode_escape")), True),
        (track("Other", {}, userId=..., anonymousId="b"), True),
        (track("Other", {}, userId="x", anonymousId="b"), False),
        (track("Other", {}, type="alias", userId="x", previousId="a"), True),
        (track("Other", {"author": "a", "z": 1}, userId="x"), True),
        (track("Post Liked", {"post_id": "p", "author": "a"}, userId="x"), True),
        (track("Other", {"word": "a"}, userId="x"), False),
        (b'{"messageId":"m","type":"page","userId":"\\u0061","timestamp":"2026-03-01T07:10:00Z"}', True),
    ],
)
def test_what_is_theirs(record: bytes, is_theirs: bool) -> None:
    assert transform(SOURCE, record, ANN).erased == is_theirs
    assert redacted(SOURCE, record, ANN) == (b"" if is_theirs else None)


def test_a_user_goes_from_all_tables_and_no_late_delivery_brings_them_back(
    lake: Lake, warehouse: PostgresWarehouse
) -> None:
    deliver(lake, HOUR, "a", message(1), message(2), message(3, userId=None, anonymousId="phone"), b'["u1"]')
    deliver(lake, HOUR, "b", message(5))
    take_up(lake, warehouse)
    entomb(lake, "u1", ["old"], ["phone"])
    stone = entomb(lake, "u1", [], [])
    assert (stone.ids, stone.browsers) == (("old", "u1"), ("phone",))
    [first] = list(sweep(lake, read_erased(lake)))
    assert first.endswith("web-data-1-a")
    assert b"u1" not in lake.get(first)
    assert list(sweep(lake, read_erased(lake))) == []
    deliver(lake, HOUR, "c", message(4), message(8))
    take_up(lake, warehouse)
    found = contents(warehouse)
    assert found["rejected"] == []
    assert [(row["message_id"], row["user_id"]) for row in found["staged.social_other_events"]] == [
        ("m2", "u2"),
        ("m5", "u2"),
        ("m8", "u2"),
    ]


@pytest.mark.parametrize("puts", range(5))
def test_killed_at_any_put_it_is_done_the_next_time(
    lake: Lake, warehouse: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch, puts: int
) -> None:
    key = deliver(lake, HOUR, "a", message(1), message(2))
    take_up(lake, warehouse)
    entomb(lake, "u1", [], [])
    put, left = type(lake).put, iter(range(puts))

    def dying(self: Lake, *arguments: Any) -> Any:
        if next(left, None) is None:
            raise _DeathError
        return put(self, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(type(lake), "put", dying)
        with pytest.raises(_DeathError):
            list(sweep(lake, read_erased(lake)))
    # Parquet file, receipt, object, Parquet file, receipt: from the object on, the sweep has nothing left to do.
    assert list(sweep(lake, read_erased(lake))) == ([key] if puts < 3 else [])
    assert b"u1" not in lake.get(key)
    take_up(lake, warehouse)
    assert [row["message_id"] for row in contents(warehouse)["staged.social_other_events"]] == ["m2"]
    assert read_erased(lake) == Erased(frozenset({"u1"}))


class _DeathError(Exception):
    pass
