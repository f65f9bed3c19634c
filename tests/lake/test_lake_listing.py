"""What every lake lists and deletes: prefixes, the order of keys, and what follows a cursor."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tributary.resources.lake import Lake, LakeKeyError, open_lake


def keys_of(lake: Lake, prefix: str = "", after: str | None = None) -> list[str]:
    return [info.key for info in lake.list(prefix, after=after)]


def test_a_prefix_is_any_beginning_of_a_key(lake: Lake) -> None:
    for key in ["a/b/1", "a/bc", "a/bd/2", "a/c", "ab"]:
        lake.put(key, b"")
    assert keys_of(lake, "a/b") == ["a/b/1", "a/bc", "a/bd/2"]
    assert keys_of(lake, "a/b/") == ["a/b/1"]
    assert keys_of(lake, "a/bc") == ["a/bc"]
    assert keys_of(lake, "b") == keys_of(lake, "a/bc/") == keys_of(lake, "x/y") == []


def test_keys_come_in_byte_order_also_where_names_sort_otherwise(lake: Lake) -> None:
    keys = ["a b", "a!", "a-b", "a.b", "a/b", "a/b-c", "a0", "aé", "a\ue000", "a🎉", "B", "é/x", "~"]
    for key in reversed(keys):
        lake.put(key, b"")
    expected = sorted(keys, key=str.encode)
    assert keys_of(lake) == expected
    for at, key in enumerate(expected):
        assert keys_of(lake, after=key) == expected[at + 1 :]


SEGMENT = st.text(
    st.sampled_from("ab-.0!~%#? é🎉")
    | st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\\ufffe\uffff"),
    min_size=1,
    max_size=3,
).filter(lambda segment: not segment.startswith("."))
KEY = st.lists(SEGMENT, min_size=1, max_size=4).map("/".join)


@st.composite
def listings(draw: st.DrawFn) -> tuple[list[str], str, str | None]:
    """Keys of which none lies below another, a prefix and a cursor that are often near them."""
    keys: list[str] = []
    for key in draw(st.lists(KEY, max_size=12, unique=True)):
        if not any(key.startswith(other + "/") or other.startswith(key + "/") for other in keys):
            keys.append(key)
    base = st.sampled_from([*keys, ""]) | KEY
    text = draw(base)
    prefix = text[: draw(st.integers(0, len(text)))]
    cursor = base.flatmap(lambda t: st.integers(0, len(t)).map(lambda end: t[:end]))
    return keys, prefix, draw(st.none() | cursor | cursor.map(lambda t: t + "/") | st.text(max_size=3))


def expected_of(keys: list[str], prefix: str, after: str | None) -> list[str]:
    return sorted(key for key in keys if key.startswith(prefix) and (after is None or key > after))


@given(listings())
@settings(max_examples=300, deadline=None)
def test_a_folder_lists_exactly_what_follows_the_cursor(
    tmp_path_factory: pytest.TempPathFactory, listing: tuple[list[str], str, str | None]
) -> None:
    keys, prefix, after = listing
    lake = open_lake(str(tmp_path_factory.mktemp("lake")), region="us-east-1", endpoint_url=None)
    for key in keys:
        path = lake.local_path(key)
        assert path is not None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert keys_of(lake, prefix, after) == expected_of(keys, prefix, after)


@given(listings())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_s3_lists_exactly_what_follows_the_cursor(s3_url: str, listing: tuple[list[str], str, str | None]) -> None:
    keys, prefix, after = listing
    lake = open_lake(f"s3://lake/{uuid.uuid4().hex}", region="us-east-1", endpoint_url=s3_url)
    for key in keys:
        lake.put(key, b"x")
    assert keys_of(lake, prefix, after) == expected_of(keys, prefix, after)


def test_a_listing_streams_over_folders_and_pages(lake: Lake) -> None:
    keys = [f"2024/{n // 10:02}/{n:05}" for n in range(40)]
    for key in keys:
        lake.put(key, b"1")
    assert keys_of(lake) == keys
    assert keys_of(lake, "2024/0", after=keys[8]) == keys[9:]
    assert next(lake.list("2024/", after=keys[25])).key == keys[26]
    assert lake.delete_prefix("2024/00") + lake.delete_prefix("2024/01/0001") == 20
    assert keys_of(lake) == keys[20:]


def test_delete_prefix_takes_what_list_shows_and_refuses_the_whole_lake(lake: Lake) -> None:
    for key in ["a/1", "a/2/3", "ab", "b"]:
        lake.put(key, b"")
    with pytest.raises(LakeKeyError, match="whole lake"):
        lake.delete_prefix("")
    assert lake.delete_prefix("a/") == 2
    assert lake.delete_prefix("a/") == 0
    assert keys_of(lake) == ["ab", "b"]
    lake.put("a", b"free again")
