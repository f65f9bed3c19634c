"""Names that look the same are the same, or one of them is refused."""

from __future__ import annotations

import unicodedata
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sneakers.app.conftest import Collector, error_beside, purchase

from tributary.assets.sneakers.app.errors import Refused
from tributary.assets.sneakers.app.names import plain, skeleton
from tributary.assets.sneakers.app.service.opening import SneakerService
from tributary.assets.sneakers.app.values import clean_text

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u180b\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2064\u206a\u206f"
    "\u2800\u3164\ufe00\ufe0f\ufeff\uffa0\U000e0001\U000e0041\U000e0100"
)


def cleaned(text: str) -> str:
    return clean_text(text, "name", "The name")


@pytest.mark.parametrize("mark", INVISIBLE)
def test_what_cannot_be_seen_is_left_out(mark: str) -> None:
    assert cleaned(f"{mark}Ad{mark}idas{mark}") == "Adidas"
    with pytest.raises(Refused, match="missing"):
        cleaned(mark)


REORDERING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("mark", f"{REORDERING}\0\x7f\x86\ud800\ue000\ufdd0\uffff\U000f0000")
def test_what_reorders_controls_or_is_private_is_refused(mark: str) -> None:
    with pytest.raises(Refused, match="cannot be shown"):
        cleaned(f"Adi{mark}das")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("\uff21\uff44\uff49\uff44\uff41\uff53", "Adidas"),
        ("\U0001d400didas", "Adidas"),
        ("o\ufb03ce", "office"),
        ("New\u00a0\u2009\u3000Balance", "New Balance"),
        ("Aime\u0301", "Aim\u00e9"),
        ("\u212bsics", "\u00c5sics"),
        ("Ultra\u2122 \u00bd", "Ultra\u2122 \u00bd"),
        ("\u65e5\u672c Onitsuka", "\u65e5\u672c Onitsuka"),
        ("\u041f\u0443\u043c\u0430 Nike", "\u041f\u0443\u043c\u0430 Nike"),
        ("K\u0131\u015f", "K\u0131\u015f"),
        ("\u0391\u0392\u0393", "\u0391\u0392\u0393"),
        ("Puma/\u0410\u043b\u0438\u0441\u0430", "Puma/\u0410\u043b\u0438\u0441\u0430"),
        ("A-COLD-WALL* \u00d7 O'Neill", "A-COLD-WALL* \u00d7 O'Neill"),
        ("Fam \U0001f468\u200d\U0001f467\u200d", "Fam \U0001f468\u200d\U0001f467"),
        ("\u200d\u2764\ufe0f", "\u2764\ufe0f"),
        ("\u2121\ufe0f", "TEL"),
        ("\U0001fae9", "\U0001fae9"),
    ],
)
def test_letters_are_drawn_plainly_and_no_alphabet_is_forbidden(typed: str, name: str) -> None:
    assert cleaned(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        "\u0410didas",
        "Adid\u0430s",
        "N\u0456ke",
        "\u0391sics",
        "Van\u0455",
        "New B\u0430lance",
        "\u0410-COLD-WALL*",
        "O\u2019N\u0435ill",
        "\u041e'Neill",
    ],
)
def test_a_latin_word_with_letters_that_pass_for_latin_ones_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match="in the Latin word"):
        cleaned(typed)


@given(st.text(max_size=60))
def test_a_plain_text_stays_as_it_is(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert skeleton(skeleton(text)) == skeleton(text)


def test_a_brand_that_looks_like_another_is_refused(service: SneakerService) -> None:
    service.brands.add(uuid4(), "Asics", "Kith")
    service.brands.add(uuid4(), "Asics")
    for alike in ("\u0410\u0455\u0456\u0441\u0455", "As\u0131cs", "A\u200bsics", "\uff21sics"):
        with pytest.raises(Refused, match=r"already|looks like") as refusal:
            service.brands.add(uuid4(), alike)
        assert refusal.value.field == "name"
        with pytest.raises(Refused, match=r"already|looks like"):
            service.brands.add(uuid4(), alike, "Kith")
    other = service.brands.add(uuid4(), "Onitsuka").manufacturer_id
    with pytest.raises(Refused, match="looks like"):
        service.brands.edit(uuid4(), other, "As\u0131cs")
    service.brands.edit(uuid4(), other, "Onitsuka Tiger")


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("Off-White", "Off\u2010White"),
        ("Levi's", "Levi\u2019s"),
        ("A-COLD-WALL*", "A\u2011COLD\u2011WALL\u2217"),
        ("Nike", "Ni\u0307ke"),
        ("IBM", "\u0406\u0412\u041c"),
        ("Fam \u2764", "Fam \u2764\ufe0f"),
    ],
)
def test_signs_and_marks_that_look_alike_are_the_same(name: str, alike: str) -> None:
    assert skeleton(cleaned(alike)) == skeleton(cleaned(name))


def test_no_renaming_is_undone_to_a_name_that_looks_like_another(service: SneakerService) -> None:
    renamed = service.brands.add(uuid4(), "Kappa").manufacturer_id
    renaming = service.brands.edit(uuid4(), renamed, "Kappa Kontroll").event_id
    other = service.brands.add(uuid4(), "K\u0430\u0440\u0440\u0430".replace("K", "\u041a")).manufacturer_id
    with pytest.raises(Refused, match="looks like"):
        service.corrections.undo(uuid4(), renaming)
    service.brands.edit(uuid4(), other, "Elsewhere")
    service.corrections.undo(uuid4(), renaming)


def test_every_typed_name_is_looked_at(collector: Collector, service: SneakerService, brand: int) -> None:
    page = collector.fill("/brands/add", name="\u0410didas", collaborator="Kith").text
    assert "Cyrillic letter “\u0410”" in error_beside(page, "name")
    for field in ("name", "color", "material"):
        with pytest.raises(Refused) as refusal:
            service.pairs.buy(uuid4(), purchase(brand, **{field: "r\u0435d"}), None)
        assert field in {found for found, _ in refusal.value.faults}
