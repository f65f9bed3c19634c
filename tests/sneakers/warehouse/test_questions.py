"""The gold tables answer the collector's questions as a plain count over the replayed log does."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from tests.sneakers.warehouse import oracle
from tests.sneakers.warehouse.building import Collection
from tests.sneakers.warehouse.oracle import naive
from tests.sneakers.warehouse.streams import PAIRS, START, Event, Log, bought, event, logs

Row = dict[str, Any]
SEASONS = ("winter", "spring", "summer", "autumn")
FOREVER = START + timedelta(days=99_999)
FIRST_OF_CALENDAR = date(2004, 1, 1)


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def months_of(entries: Log, first: date) -> set[date]:
    """The months of the calendar from `first` to that of the latest entry or record, and those of the entries."""
    found = {month_of(one["event_date"]) for one in entries}
    last = max([*found, *(month_of(naive(one["recorded_at"]).date()) for one in entries)])
    month = max(first, FIRST_OF_CALENDAR)
    while month <= last:
        found.add(month)
        month = next_month(month)
    return {month for month in found if month >= first}


def price(entry: Event, name: str) -> Decimal:
    return Decimal(entry["details"][name])


def per_wear(cost: Decimal, wears: int) -> Decimal | None:
    return (cost / wears).quantize(Decimal("0.01"), ROUND_HALF_UP) if wears else None


def currency_of(pair: oracle.State) -> str:
    return pair["currency"] or "own"


def check_months(collection: Collection, entries: Log, owned_at: dict[date, list[oracle.State]]) -> None:
    owned = collection.rows("SELECT * FROM gold.sneakers_owned_by_month ORDER BY 1")
    first = min(month_of(one["event_date"]) for one in entries)
    months = sorted(months_of(entries, first))
    assert [row["month_start"] for row in owned] == months
    for had in owned:
        within = [one for one in entries if month_of(one["event_date"]) == had["month_start"]]
        counts = Counter(one["type"] for one in within)
        assert (had["pairs_bought"], had["pairs_sold"]) == (counts["bought"], counts["sold"])
        assert (had["pairs_given"], had["pairs_trashed"]) == (counts["given"], counts["trashed"])
        if had["month_start"] in owned_at:
            assert had["pairs_owned"] == len(owned_at[had["month_start"]])


def check_money(
    collection: Collection,
    entries: Log,
    states: dict[int, oracle.State],
    owned_at: dict[date, list[oracle.State]],
) -> None:
    spend = collection.rows("SELECT * FROM gold.sneaker_spend_by_month ORDER BY currency, month_start")
    months = sorted(months_of(entries, min(month_of(one["event_date"]) for one in entries)))
    currencies = {pair: currency_of(state) for pair, state in states.items()}
    assert [(row["month_start"], row["currency"]) for row in spend] == [
        (month, currency) for currency in sorted(set(currencies.values())) for month in months
    ]
    running: dict[str, Decimal] = defaultdict(Decimal)
    for spent in spend:
        month, currency = spent["month_start"], spent["currency"]
        mine = [one for one in entries if currencies[one["sneaker_id"]] == currency]
        within = [one for one in mine if month_of(one["event_date"]) == month]
        paid = sum((price(one, "purchase_price") for one in within if one["type"] == "bought"), Decimal(0))
        got = sum((price(one, "sale_price") for one in within if one["type"] == "sold"), Decimal(0))
        running[currency] += paid - got
        assert (spent["bought"], spent["sold"]) == (paid, got)
        assert (spent["net"], spent["running_net"]) == (paid - got, running[currency])
        if month in owned_at:
            held = [state["purchase_price"] for state in owned_at[month] if currency_of(state) == currency]
            assert spent["value_owned"] == sum(held, Decimal(0))


def check_wears(collection: Collection, entries: Log, states: dict[int, oracle.State]) -> None:
    colors = {pair: (state["color"] or "unknown").lower() for pair, state in states.items()}
    materials = {pair: (state["material"] or "unknown").lower() for pair, state in states.items()}
    expected: dict[Any, tuple[int, int, int]] = {}
    for color in set(colors.values()):
        mine = [one for one in entries if colors[one["sneaker_id"]] == color]
        for month in months_of(entries, min(month_of(one["event_date"]) for one in mine)):
            within = [one for one in mine if month_of(one["event_date"]) == month]
            if within or month >= FIRST_OF_CALENDAR:
                expected[(month, color)] = counts_of(within)
    rows = collection.rows("SELECT * FROM gold.sneaker_wears_by_color")
    found = {(row["month_start"], row["color"]): (row["wears"], row["walks"], row["pairs_worn"]) for row in rows}
    own = {key for key in expected if any(expected[key]) or key in found}
    assert {key: found[key] for key in found} == {key: expected[key] for key in own}
    assert {key for key in expected if key[0] >= FIRST_OF_CALENDAR} <= set(found)
    rows = collection.rows("SELECT * FROM gold.sneaker_wears_by_season_material")
    assert len(rows) == 4 * len(set(materials.values()))
    for row in rows:
        of_material = [one for one in entries if materials[one["sneaker_id"]] == row["material"]]
        within = [one for one in of_material if SEASONS[one["event_date"].month % 12 // 3] == row["season"]]
        assert (row["wears"], row["walks"], row["pairs_worn"]) == counts_of(within)
        worn = counts_of(of_material)[0]
        assert row["share_of_material"] == (row["wears"] / worn if worn else None)


def counts_of(entries: Log) -> tuple[int, int, int]:
    worn = [one["sneaker_id"] for one in entries if one["type"] == "worn"]
    return len(worn), sum(one["type"] == "walked" for one in entries), len(set(worn))


def check_pairs(collection: Collection, entries: Log, states: dict[int, oracle.State]) -> None:
    bought_pairs = {pair: state for pair, state in states.items() if state["name"] is not None}
    rows = {row["sneaker_id"]: row for row in collection.rows("SELECT * FROM gold.sneaker_timeline")}
    assert rows.keys() == bought_pairs.keys()
    last_day = max(max(one["event_date"], naive(one["recorded_at"]).date()) for one in entries)
    for pair, state in bought_pairs.items():
        row = rows[pair]
        left = {kind: state[f"{kind}_at"] for kind in oracle.REMOVALS if state[f"{kind}_at"]}
        how, left_on = next(iter(left), None), state["left_on"]
        cost = state["purchase_price"] - (state["sale_price"] or 0)
        assert (row["left_how"], row["left_on"]) == (how, left_on)
        assert row["sold_on"] == (left_on if how == "sold" else None)
        assert row["days_kept"] == ((left_on or last_day) - state["purchased_on"]).days
        assert (row["wears"], row["net_cost"]) == (state["count_wears"], cost)
        assert row["cost_per_wear"] == per_wear(cost, state["count_wears"])
        assert (row["currency"], row["size"]) == (currency_of(state), state["size"])
    found = collection.rows("SELECT * FROM gold.sneakers_by_brand")
    brands = {(row["manufacturer_id"], row["currency"]): row for row in found}
    assert brands.keys() == {(state["manufacturer_id"], currency_of(state)) for state in bought_pairs.values()}
    for (brand, currency), row in brands.items():
        mine = [
            state
            for state in bought_pairs.values()
            if (state["manufacturer_id"], currency_of(state)) == (brand, currency)
        ]
        net = sum((state["purchase_price"] - (state["sale_price"] or 0) for state in mine), Decimal(0))
        wears = sum(state["count_wears"] for state in mine)
        assert (row["pairs_bought"], row["pairs_owned"]) == (len(mine), sum(state["is_owned"] for state in mine))
        assert (row["wears"], row["net"], row["cost_per_wear"]) == (wears, net, per_wear(net, wears))


@settings(max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(log=logs(most=180))
def test_the_gold_tables_say_what_a_plain_count_says(collection: Collection, log: Log) -> None:
    collection.begin_anew()
    collection.load(log)
    collection.make()
    entries = oracle.standing(log)
    if not entries:
        return
    found = {pair: oracle.state_at(log, pair, FOREVER) for pair in range(1, PAIRS + 1)}
    states = {pair: state for pair, state in found.items() if state is not None}
    changed = {month_of(one["event_date"]) for one in entries}
    owned_at: dict[date, list[oracle.State]] = {}
    for month in sorted({later for one in changed for later in (one, next_month(one))}):
        then = [oracle.state_after(log, pair, next_month(month) - timedelta(days=1)) for pair in states]
        owned_at[month] = [state for state in then if state and state["is_owned"]]
    check_months(collection, entries, owned_at)
    check_money(collection, entries, states, owned_at)
    check_wears(collection, entries, states)
    check_pairs(collection, entries, states)


def test_months_without_entries_are_rows(collection: Collection) -> None:
    collection.load([bought(1, 1, START), event(2, "sold", 1, START + timedelta(days=31), sale_price="140.00")])
    assert collection.make() == []
    rows = collection.rows("SELECT * FROM gold.sneaker_spend_by_month ORDER BY 1")
    # Bought in January, sold in February, recorded in May.
    assert [(row["month_start"].month, row["net"], row["running_net"]) for row in rows] == [
        (1, 100, 100),
        (2, -140, -40),
        (3, 0, -40),
        (4, 0, -40),
        (5, 0, -40),
    ]
    owned = collection.rows("SELECT pairs_owned FROM gold.sneakers_owned_by_month ORDER BY month_start")
    assert [row["pairs_owned"] for row in owned] == [1, 0, 0, 0, 0]


def test_a_pair_older_than_the_calendar_counts_with_a_warning(collection: Collection) -> None:
    collection.load([bought(1, 1, datetime(1985, 6, 1, 12, tzinfo=START.tzinfo)), event(2, "worn", 1, START)])
    assert collection.make() == ["references_date_key_dim_date"]
    owned = collection.rows("SELECT * FROM gold.sneakers_owned_by_month ORDER BY month_start")
    assert [row["month_start"] for row in owned[:2]] == [date(1985, 6, 1), FIRST_OF_CALENDAR]
    assert {row["pairs_owned"] for row in owned} == {1}
    seasons = collection.rows("SELECT sum(wears) AS wears FROM gold.sneaker_wears_by_season_material")
    assert seasons[0]["wears"] == 1


def test_a_pair_never_worn_has_no_cost_per_wear(collection: Collection) -> None:
    collection.load([bought(1, 1, START), bought(2, 2, START), event(3, "worn", 2, START)])
    collection.make()
    rows = collection.rows("SELECT cost_per_wear FROM gold.sneaker_timeline ORDER BY sneaker_id")
    assert [row["cost_per_wear"] for row in rows] == [None, Decimal("100.00")]
