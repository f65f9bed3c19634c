"""What becomes of the lines of a statement: made one, set aside with a reason, and all accounted for."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pledges.conftest import GOOD, HEADER

from tributary.assets.pledges.reading import read_statement

NAME = "MUM01-2025-03.csv"


def read(*lines: str, header: str = HEADER, name: str = NAME) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    data = "\n".join([header, *lines, ""]).encode()
    content = read_statement(name, data)
    rows = content.rows.to_pylist()  # type: ignore[union-attr]
    assert content.records == len(rows) + len(content.misfits)
    for one in content.misfits:
        assert data[one.offset :].startswith(one.raw)
    return rows, [(one.number, one.reason) for one in content.misfits]


def test_a_line_is_typed_and_knows_where_it_stands() -> None:
    rows, misfits = read(GOOD)
    assert misfits == []
    assert rows == [
        {
            "branch_code": "MUM01",
            "bill_number": "000001",
            "pledged_on": date(2025, 3, 4),
            "ornament_code": "b1",
            "ornament_type": "Bangle",
            "item_count": 2,
            "gross_weight_g": Decimal("20.500"),
            "net_weight_g": Decimal("20.250"),
            "purity_karat": Decimal("22.00"),
            "appraised_value": Decimal("126000.00"),
            "source_line": 2,
            "source_object": NAME,
        }
    ]


def test_codes_and_words_that_are_written_in_several_ways_are_one() -> None:
    rows, misfits = read("mum01 , a-7,2025-03-04, B12 , NOSE   pin,1,1.5,1.5,22,9000")
    assert misfits == []
    (row,) = rows
    assert (row["branch_code"], row["bill_number"], row["ornament_code"]) == ("MUM01", "A-7", "b12")
    assert row["ornament_type"] == "Nose pin"


TRAPS = {
    "count is not above 0": GOOD.replace(",2,20.5", ",0,20.5"),
    "net_weight_g is above gross_weight_g": GOOD.replace("20.250", "20.501"),
    "net_weight_g is not above 0": GOOD.replace("20.250", "0"),
    "gross_weight_g is not above 0": GOOD.replace("20.500", "-20.5"),
    "gross_weight_g is not a valid decimal(10,3)": GOOD.replace("20.500", '"20,500"'),
    "net_weight_g has more than 3 decimals": GOOD.replace("20.250", "20.2501"),
    "expected 10 fields, found 11": GOOD.replace("20.500", "20,500"),
    "purity_karat is above 24": GOOD.replace(",22,", ",24.5,"),
    "purity_karat is out of range for decimal(4,2)": GOOD.replace(",22,", ",916,"),
    "appraised_value is below 0": GOOD.replace("126000", "-1"),
    "appraised_value is not a valid decimal(14,2)": GOOD.replace("126000", "₹126000"),
    "pledged_on is not a valid date (2004-03-23)": GOOD.replace("2025-03-04", "04/03/2025"),
    "pledged_on is not a valid date": GOOD.replace("2025-03-04", "2025-02-30"),
    "pledged_on is not in the file's month": GOOD.replace("2025-03-04", "2025-04-03"),
    "branch is not the one of the file's name": GOOD.replace("MUM01", "DEL01"),
    "branch is empty": GOOD.replace("MUM01", ""),
    "bill_number is empty, longer than 40 characters, or no text": GOOD.replace("000001", "  "),
    "ornament_code is not one to three letters and a number, as b1": GOOD.replace(",b1,", ",b,"),
    "ornament_code is empty": GOOD.replace(",b1,", ",,"),
    "ornament_type is empty, longer than 80 characters, or no text": GOOD.replace("Bangle", "x" * 81),
}


@pytest.mark.parametrize("reason", TRAPS)
def test_what_cannot_be_is_set_aside_with_its_reason_and_stops_no_other(reason: str) -> None:
    rows, misfits = read(GOOD.replace("000001", "000009"), TRAPS[reason], GOOD.replace("000001", "000010"))
    assert [row["bill_number"] for row in rows] == ["000009", "000010"]
    assert misfits == [(3, reason)]


def test_of_lines_that_say_the_same_one_stays_and_several_of_one_code_do() -> None:
    other = GOOD.replace(",2,", ",3,")
    rows, misfits = read(GOOD, other, GOOD.replace("b1", " B1 "), other.replace("20.500", "20.5"))
    assert [row["item_count"] for row in rows] == [2, 3]
    assert misfits == [(4, "says the same as an earlier line"), (5, "says the same as an earlier line")]


def test_a_bill_has_one_day_that_of_its_first_line() -> None:
    rows, misfits = read(GOOD, GOOD.replace("03-04", "03-05").replace("b1", "b2"), GOOD.replace("b1", "b3"))
    assert [row["ornament_code"] for row in rows] == ["b1", "b3"]
    assert misfits == [(3, "pledged_on is another day than an earlier line says of this bill")]


def test_columns_stand_in_any_order_and_quotes_hold_what_they_like() -> None:
    names = HEADER.split(",")
    values = dict(zip(names, GOOD.split(","), strict=True))
    values["ornament_type"] = '"Ring, ""old""\nand \\ worn"'
    turned = names[::-1]
    rows, misfits = read(",".join(values[name] for name in turned), header=",".join(turned))
    assert misfits == []
    assert rows[0]["ornament_type"] == 'Ring, "old" and \\ worn'
    assert rows[0]["item_count"] == 2


def test_a_header_alone_states_that_there_was_no_bill() -> None:
    assert read() == ([], [])


FIELDS = {
    "branch": st.sampled_from(["MUM01", " mum01", "DEL01"]),
    "bill_number": st.sampled_from(["1", "2", "a", ""]),
    "pledged_on": st.sampled_from(["2025-03-01", "2025-03-02", "2025-02-28", "01-03-2025", "2025-03-32"]),
    "ornament_code": st.sampled_from(["b1", "B1", "b 2", "b2 ", "2"]),
    "ornament_type": st.sampled_from(["Ring", "ring", "a\\b", 'say "x"', "two\nlines"]),
    "count": st.sampled_from(["1", "1.0", "0", "-1", "x", "99999999999"]),
    "gross_weight_g": st.sampled_from(["2", "1.5", "1e1", "0", "1,5"]),
    "net_weight_g": st.sampled_from(["1.5", "2.001", "0.0001", "NaN"]),
    "purity_karat": st.sampled_from(["22", "24.01", "0"]),
    "appraised_value": st.sampled_from(["0", "10.50", "-1", "10.555"]),
}
USUAL = dict(zip(FIELDS, GOOD.split(","), strict=True))
MOSTLY_GOOD = st.fixed_dictionaries(
    {name: st.one_of(*[st.just(USUAL[name])] * 6, values) for name, values in FIELDS.items()}
)


def expected(records: list[dict[str, str]]) -> Iterator[tuple[str, str, str, str, str, int, Decimal]]:
    """The rows that a person would take from the records, one after the other."""
    seen: set[tuple[Any, ...]] = set()
    days: dict[str, date] = {}
    for one in records:
        try:
            branch, number = one["branch"].strip().upper(), one["bill_number"].strip().upper()
            day = date.fromisoformat(one["pledged_on"])
            code = one["ornament_code"].strip().lower()
            words = " ".join(one["ornament_type"].split()).capitalize()
            count, gross = Decimal(one["count"]), Decimal(one["gross_weight_g"])
            net, karat, value = (Decimal(one[name]) for name in ("net_weight_g", "purity_karat", "appraised_value"))
        except (ValueError, InvalidOperation):
            continue
        if not all(amount.is_finite() for amount in (count, gross, net, karat, value)):
            continue
        sound = branch == "MUM01" and number and (day.year, day.month) == (2025, 3)
        sound = sound and code[:1] == "b" and code[1:].isdigit()
        sound = sound and 0 < count < 2**31 and 0 < net <= gross and 0 < karat <= 24 and value >= 0
        fine = all(amount == round(amount, places) for amount, places in ((net, 3), (value, 2)))
        row = (branch, number, str(day), code, words, int(count), net)
        said = (*row, gross, karat, value)
        if not sound or not fine or said in seen:
            continue
        seen.add(said)
        if days.setdefault(number, day) == day:
            yield row


@settings(max_examples=150, deadline=None)
@given(records=st.lists(MOSTLY_GOOD, max_size=8))
def test_any_statement_comes_to_what_a_person_would_take_from_it(records: list[dict[str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([one[name] for name in FIELDS] for one in records)
    rows, _ = read(*text.getvalue().split("\n")[:-1])
    found = [
        (
            row["branch_code"],
            row["bill_number"],
            str(row["pledged_on"]),
            row["ornament_code"],
            row["ornament_type"],
            row["item_count"],
            row["net_weight_g"],
        )
        for row in rows
    ]
    assert found == list(expected(records))
