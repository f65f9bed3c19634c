"""What can be true of a pair, and what can be typed."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tributary.assets.sneakers.app.errors import Refused
from tributary.assets.sneakers.app.events import Event, EventType
from tributary.assets.sneakers.app.rules import PairState, Violation, entries, replay
from tributary.assets.sneakers.app.values import (
    HIGHEST_PRICE,
    clean_day,
    clean_optional_text,
    clean_price,
    clean_text,
    day_of,
    noon_of,
)

NOW = datetime(2025, 6, 15, 8, tzinfo=UTC)
BOUGHT = {"name": "574", "color": "grey", "material": "suede", "purchase_price": "99.00", "manufacturer_id": 3}
DAY = date(2025, 5, 1)


def life(*steps: tuple[EventType, int, dict[str, Any]]) -> list[Event]:
    """Events, numbered from 1, each on a day so many days after `DAY`."""
    return [
        Event(number, kind, 1, DAY + timedelta(days=days), noon_of(DAY + timedelta(days=days)), NOW, details)
        for number, (kind, days, details) in enumerate(steps, start=1)
    ]


def test_a_life_comes_to_its_state() -> None:
    state = replay(
        life(
            (EventType.BOUGHT, 0, BOUGHT),
            (EventType.WORN, 3, {}),
            (EventType.SOLD, 9, {"sale_price": "50.50"}),
        )
    )
    assert isinstance(state, PairState)
    assert (state.name, state.purchase_price, state.purchased_on) == ("574", Decimal("99.00"), DAY)
    assert (state.sold_at, state.sale_price) == (noon_of(date(2025, 5, 10)), Decimal("50.50"))
    assert state.left == (EventType.SOLD, date(2025, 5, 10))


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([(EventType.WORN, -1, {})], "A pair cannot be worn (30 April 2025) before it was bought (1 May 2025)."),
        (
            [(EventType.GIVEN, 2, {}), (EventType.CLEANED, 3, {})],
            "A pair cannot be cleaned (4 May 2025) after it was given away (3 May 2025).",
        ),
        (
            [(EventType.WORN, 3, {}), (EventType.TRASHED, 2, {})],
            "A pair cannot be worn (4 May 2025) after it was thrown away (3 May 2025).",
        ),
        (
            [(EventType.SOLD, 2, {"sale_price": "1.00"}), (EventType.TRASHED, 3, {})],
            "This pair was already sold on 3 May 2025.",
        ),
        ([(EventType.SOLD, -2, {"sale_price": "1.00"})], "A pair cannot be sold (29 April 2025) before it was bought"),
    ],
)
def test_what_cannot_be_true_is_said(steps: list[tuple[EventType, int, dict[str, Any]]], sentence: str) -> None:
    found = replay(life((EventType.BOUGHT, 0, BOUGHT), *steps))
    assert isinstance(found, Violation)
    assert found.sentence.startswith(sentence)


def test_the_order_of_recording_within_a_life_does_not_matter() -> None:
    steps = [
        (EventType.BOUGHT, 0, BOUGHT),
        (EventType.WORN, 0, {}),
        (EventType.GIVEN, 0, {}),
        (EventType.CLEANED, 0, {}),
    ]
    states = {replay(life(*order)) for order in itertools.permutations(steps)}
    assert len(states) == 1
    assert isinstance(states.pop(), PairState)


def test_an_undone_event_counts_no_more_and_a_corrected_one_reads_as_corrected() -> None:
    changes = {"event_time": noon_of(DAY + timedelta(days=1)).isoformat(), "name": "990"}
    events = life(
        (EventType.BOUGHT, 0, BOUGHT),
        (EventType.SOLD, 4, {"sale_price": "1.00"}),
        (EventType.UNDONE, 5, {"target_event_id": 2}),
        (EventType.EDITED, 5, {"target_event_id": 1, "changes": changes}),
        (EventType.EDITED, 6, {"target_event_id": 1, "changes": {"color": "red"}}),
    )
    state = replay(events)
    assert isinstance(state, PairState)
    assert (state.left, state.name, state.color, state.purchased_on) == (None, "990", "red", date(2025, 5, 2))
    uncorrected = replay([*events, *life(*[(EventType.UNDONE, 7, {"target_event_id": 4})] * 6)[5:]])
    assert isinstance(uncorrected, PairState)
    assert (uncorrected.name, uncorrected.color, uncorrected.purchased_on) == ("574", "red", DAY)
    assert [entry.undone for entry in entries(events)] == [False, True]


def test_a_purchase_cannot_be_undone_under_a_wear() -> None:
    bought, worn, undone = life(
        (EventType.BOUGHT, 0, BOUGHT), (EventType.WORN, 1, {}), (EventType.UNDONE, 2, {"target_event_id": 1})
    )
    found = replay([bought, worn, undone])
    assert isinstance(found, Violation)
    assert "worn on 2 May 2025" in found.sentence
    assert replay([bought, undone]) is None


@pytest.mark.parametrize(
    ("typed", "price"),
    [("0", "0.00"), ("120", "120.00"), (" 89.9 ", "89.90"), ("89,95", "89.95"), ("999999.99", "999999.99")],
)
def test_prices_are_exact(typed: str, price: str) -> None:
    assert str(clean_price(typed, "price", "The price")) == price


@pytest.mark.parametrize(
    "typed", ["", "-1", "1.234", "1e5", "NaN", "Infinity", "1,000.00", "٣", "1000000", "+1", "1.", "=1"]
)
def test_what_is_no_price_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refusal:
        clean_price(typed, "price", "The price")
    assert refusal.value.field == "price"


@given(st.decimals(0, HIGHEST_PRICE, places=2))
def test_every_price_survives_typing(price: Decimal) -> None:
    assert Decimal(clean_price(str(price), "price", "The price")) == price


@given(st.text())
def test_a_text_is_refused_or_can_be_stored(text: str) -> None:
    try:
        clean = clean_text(text, "name", "The name")
    except Refused:
        return
    assert 0 < len(clean) <= 80
    assert clean == clean.strip()
    assert "\0" not in clean
    assert clean_text(clean, "name", "The name") == clean


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "a\0b", "a\x1bb", "abc\u202edef", "x" * 81, "\ud800"])
def test_a_text_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        clean_text(text, "name", "The name")


def test_texts_are_trimmed_and_composed_and_may_be_left_out() -> None:
    assert clean_text("  Aime\u0301   Leon\u00a0Dore ", "name", "The name") == "Aim\u00e9 Leon Dore"
    assert clean_optional_text(" \u200b ", "collaborator", "The collaborator") is None


@given(st.dates(date(1900, 1, 1), date(9999, 12, 30)), st.integers(-12, 11))
def test_a_day_is_the_same_day_in_nearly_every_zone(day: date, hours: int) -> None:
    assert day_of(noon_of(day)) == day
    assert (noon_of(day) + timedelta(hours=hours)).date() == day


def test_days_in_the_future_and_long_ago_are_refused() -> None:
    assert clean_day(DAY, "day", DAY) == DAY
    for wrong in (DAY + timedelta(days=1), date(1899, 12, 31), None):
        with pytest.raises(Refused):
            clean_day(wrong, "day", DAY)
