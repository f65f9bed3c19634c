"""Pages as sources bring them, and what they declare."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tributary.assets import pages
from tributary.assets.source import Source
from tributary.assets.sources import get_sources
from tributary.resources.linked.declaration import (
    ROWS,
    Bars,
    Category,
    Leaderboard,
    Linked,
    LinkedError,
    Matrix,
    Measure,
    Rows,
    Time,
)
from tributary.resources.linked.files import STATIC

DIMENSIONS = {"day": Time("Day", "date"), "shop": Category("Shop", "shop_id", label="name")}
MEASURES = {
    "rows": Measure("Rows"),
    "sum": Measure("Sum", "amount"),
    "mean": Measure("Mean", "amount", per=ROWS),
    "share": Measure("Share", "amount", per="whole", percent=True),
}


def test_a_page_is_a_file_in_the_folder_that_its_source_names(tmp_path: Path) -> None:
    for name in ("weather.py", "cold_days.py", "_shared.py", "notes.txt"):
        (tmp_path / name).touch()
    found = pages.page_files(Source("weather", pages=tmp_path))
    assert [(one.title, one.address) for one in found] == [("Weather", "weather"), ("Cold days", "weather-cold-days")]
    assert pages.page_files(Source("weather")) == []


def test_every_page_that_comes_with_tributary_has_an_address_of_its_own() -> None:
    found = [one.address for source in get_sources().working for one in pages.page_files(source)]
    assert {"meetup", "pledges", "retail-household", "sneakers", "social", "social-cohorts"} <= set(found)
    assert len(found) == len(set(found))


def test_only_columns_that_are_used_are_asked_for() -> None:
    rows = Rows("All", {"note": "Note"}, "note", link="url")
    page = Linked("T", "gold.t", DIMENSIONS, MEASURES, [Bars("B", "day", "sum"), rows])
    assert page.columns == ["date", "shop_id", "name", "amount", "whole", "note", "url"]


def test_what_somebody_may_not_see_is_left_out_and_the_rest_stays() -> None:
    rows = Rows("All", {"note": "Note", "name": "Name"}, "note", link="url")
    views = [Bars("B", "day", "sum"), Bars("S", "day", "share"), Matrix("M", "shop", "sum", across="day"), rows]
    page = Linked("T", "gold.t", DIMENSIONS, MEASURES, views)
    without_names = page.shown_to({"date", "shop_id", "amount", "note"})
    assert without_names.columns == ["date", "shop_id", "amount", "note"]
    assert [view.title for view in without_names.views] == ["B", "M", "All"]
    without_shops = page.shown_to({"date", "name"})
    assert (list(without_shops.dimensions), list(without_shops.measures)) == (["day"], ["rows"])
    assert list(without_shops.views) == []


@pytest.mark.parametrize(
    ("view", "sentence"),
    [
        (Bars("B", "week", "rows"), "B: week is not declared."),
        (Bars("B", "day", "median"), "B: median is not declared."),
        (Bars("B", "shop", "rows"), "B: Bars is not for category, but for time, number."),
        (Matrix("M", "shop", "rows", across="week"), "M: week is not declared."),
        (Leaderboard("L", "day", "rows"), "L: Leaderboard is not for time"),
        (Rows("R", {"a": "A"}, "b"), "R: it is sorted by b, which is none of its columns."),
    ],
)
def test_what_does_not_fit_together_is_said(view: Bars | Leaderboard | Rows, sentence: str) -> None:
    with pytest.raises(LinkedError, match=sentence):
        Linked("T", "gold.t", DIMENSIONS, MEASURES, [view])


def test_a_page_without_the_dashboard_says_where_it_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_ask", [])
    script = tmp_path / "page.py"
    script.write_text("from tributary.sdk import pages\npages.rows('gold.t')\n")
    ran = AppTest.from_file(str(script)).run()
    assert "by `tributary up`, below /dashboard/" in ran.exception[0].message


def test_what_is_vendored_has_its_licence() -> None:
    vendor = STATIC / "vendor"
    told = (vendor / "README.md").read_text()
    for path in vendor.iterdir():
        assert path.suffix == ".LICENSE" or path.name == "README.md" or f"`{path.name}`" in told
    assert "BSD 3-Clause" in (vendor / "flechette.LICENSE").read_text()
