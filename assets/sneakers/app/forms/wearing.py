"""The form by which several pairs are used on several days at once."""

# mypy: disallow-subclassing-any=false
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from wtforms import SelectChoice, SelectMultipleField, StringField  # type: ignore[import-untyped]
from wtforms.widgets import CheckboxInput, ListWidget  # type: ignore[import-untyped]

from tributary.assets.sneakers.app.forms.base import DayField, TokenForm, id_of
from tributary.assets.sneakers.app.forms.entries import KindField
from tributary.assets.sneakers.app.reading.finding import folded
from tributary.assets.sneakers.app.reading.pairs import Choice
from tributary.assets.sneakers.app.service.several import MOST

RECENT = 14
"""Days that are offered one by one."""


class Boxes(SelectMultipleField):
    """Some of a list, each with a box to check; what cannot be read is left out."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: str, coerce: Any, **options: Any) -> None:
        super().__init__(label, choices=[], coerce=coerce, validate_choice=False, default=[], **options)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        read = (self.coerce(value) for value in valuelist)
        self.data = [value for value in read if value is not None]


class SeveralForm(TokenForm):
    """Which pairs, which days, and what was done."""

    type = KindField()
    q = StringField("Find pairs", render_kw={"type": "search", "autocomplete": "off"})
    sneaker_ids = Boxes("Pairs", id_of)
    days = Boxes("Days", lambda value: _day(value))
    first = DayField("From")
    last = DayField("to")

    def offer(self, pairs: Sequence[Choice], today: date) -> None:
        """Fill the lists: the pairs that are checked, then others that the words find; the days up to today."""
        words, checked = folded(self.q.data or "").split(), set(self.sneaker_ids.data or ())
        shown = [pair for pair in pairs if pair.value in checked]
        shown += [
            pair for pair in pairs if pair.value not in checked and all(one in folded(pair.label) for one in words)
        ]
        self.sneaker_ids.choices = [SelectChoice(pair.value, pair.label) for pair in shown]
        recent = (today - timedelta(days=back) for back in range(RECENT))
        self.days.choices = [SelectChoice(day, f"{day:%a} {day.day} {day:%b}") for day in recent]

    def chosen_days(self) -> set[date]:
        """The days that are checked, and those from the first to the last; no more than can be recorded of them."""
        found = set(self.days.data or ())
        first, last = self.first.data or self.last.data, self.last.data or self.first.data
        if first and last:
            found |= {first + timedelta(days=number) for number in range(min((last - first).days, MOST) + 1)}
        return found


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
