"""What all forms share: the token that makes a re-sent form write once, and where a refusal is shown.

Forms turn texts into days and ids, no more; the service judges them, so that its sentences are the only ones.
"""

# mypy: disallow-subclassing-any=false
from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID, uuid4

from flask_wtf import FlaskForm  # type: ignore[import-untyped]
from wtforms import DateField, HiddenField, SelectChoice, SelectField, StringField  # type: ignore[import-untyped]

from tributary.assets.sneakers.app.errors import AlreadySent, Refused
from tributary.assets.sneakers.app.reading.pairs import Choice
from tributary.assets.sneakers.app.values import LONGEST_TEXT

_Done = TypeVar("_Done")


class TokenForm(FlaskForm):
    """A form that is written once, however often it is sent."""

    token = HiddenField()

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        if not self.is_submitted():
            self.renew()

    def renew(self) -> None:
        """Give the form a new token: what it sends next is another entry."""
        self.token.data = str(uuid4())

    def send(self, write: Callable[[UUID], _Done]) -> _Done | None:
        """Hand the form to `write`, if it was sent; None where it was not, or where its errors must be shown."""
        if not self.validate_on_submit():
            return None
        try:
            return write(self._token())
        except Refused as refusal:
            self._show(refusal)
            return None

    @property
    def faults(self) -> list[tuple[str | None, str]]:
        """All errors: the id of the field (None where it belongs to none), and the sentence."""
        return [
            (field.id if name else None, str(error))
            for name, errors in self.errors.items()
            for field in [self._fields.get(name)]
            for error in errors
        ]

    def _show(self, refusal: Refused) -> None:
        if isinstance(refusal, AlreadySent):
            self.renew()
        for name, sentence in refusal.faults:
            field = self._fields.get(name)
            if field is None:
                self.form_errors.append(sentence)
            else:
                field.errors = [*field.errors, sentence]

    def _token(self) -> UUID:
        try:
            return UUID(self.token.data or "")
        except ValueError:
            self.renew()
            raise Refused(None, "The form came incomplete, so nothing was recorded: please send it again.") from None


class DayField(DateField):
    """A day, chosen in the browser's own calendar; None where it cannot be read as one."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = None
        if valuelist and valuelist[0]:
            try:
                self.data = date.fromisoformat(valuelist[0])
            except ValueError:
                raise ValueError("This is not a day: please choose one.") from None


class ChoiceField(SelectField):
    """One of a list of ids.

    Whether the id is among the choices is not asked here: a choice that was there when the page was loaded may be gone
    by now, and the service knows why.
    """

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, choices=[], coerce=id_of, validate_choice=False, **options)

    def offer(self, choices: Sequence[Choice], prompt: str) -> None:
        """Fill the list; with more than one choice none is chosen beforehand."""
        first = [] if len(choices) == 1 else [SelectChoice("", prompt)]
        self.choices = [*first, *(SelectChoice(str(choice.value), choice.label) for choice in choices)]


def text_field(label: str, *, required: bool = True, hint: str = "", longest: int = LONGEST_TEXT) -> Any:
    """A line of text."""
    return StringField(
        label,
        description=hint,
        render_kw={"maxlength": longest, "required": required, "autocomplete": "off"},
    )


def price_field(label: str, hint: str = "") -> Any:
    """A price; text, since a browser's number field loses what it does not understand."""
    return StringField(
        label, description=hint, render_kw={"inputmode": "decimal", "required": True, "autocomplete": "off"}
    )


def day_field(label: str, hint: str = "") -> Any:
    """A day that is today unless another is chosen."""
    return DayField(label, description=hint, render_kw={"required": True})


def id_of(value: Any) -> int | None:
    """The id that a text is; None where it is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
