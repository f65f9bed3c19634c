"""What a typed name is made of, so that two names which look the same are the same.

What cannot be seen is left out, unless it joins symbols to one, and letters that are only drawn otherwise (full width,
mathematical, ligatures) become the plain ones. A word of the Latin alphabet with letters of another one that look like
Latin ones is refused, as nobody types that by accident. Names that look alike as wholes have the same `skeleton`. Which
characters look alike is said by Unicode (UTS 39, confusables.txt, by way of the library `confusable-homoglyphs`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

from confusable_homoglyphs import categories, confusables

# What reorders the text around it is no slip of the keyboard: a name with it reads as something else than it is.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What is left to private agreement, as everybody's font draws another or none: the category, and the noncharacters.
_UNREADABLE = frozenset({"Cc", "Cs", "Co"})
_NONCHARACTERS = range(0xFDD0, 0xFDF0)
# Kinds of compatibility decompositions (Unicode, UAX 44) that change how a letter is drawn and not what it says. Of
# others, such as a trade mark's sign or a half, something would be lost.
_DRAWN_OTHERWISE = ("<wide>", "<narrow>", "<font>", "<noBreak>", "<compat>", "<circle>")
# Without a mark of its own, though Unicode's category does not say so (Default_Ignorable_Code_Point, and a blank).
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_BLANK_RANGES = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000))
# Of several symbols, such as people, these make one, or a coloured one.
_JOINING = frozenset("\u200d\ufe0f")
_DOT_ABOVE = "\u0307"
_NEUTRAL = frozenset({"COMMON", "INHERITED"})


def plain(text: str) -> str:
    """The text without what cannot be seen, its letters drawn plainly, with single spaces, in composed form (NFC)."""
    seen: list[str] = []
    for character in text:
        if not _is_invisible(character) or (character in _JOINING and seen and _is_symbol(seen[-1][-1])):
            seen.append(_plain(character))
    return " ".join(unicodedata.normalize("NFC", "".join(seen)).split()).rstrip("\u200d")


def is_unreadable(text: str) -> bool:
    """Whether the text holds characters that no name has: control characters, or such as reorder others."""
    return any(
        unicodedata.category(character) in _UNREADABLE
        or character in _REORDERING
        or ord(character) in _NONCHARACTERS
        or ord(character) & 0xFFFE == 0xFFFE
        for character in text
    )


def mixed_word(text: str) -> tuple[str, str] | None:
    """A word of Latin letters with a letter of another alphabet that looks like a Latin one, and that letter.

    Words of two alphabets may be joined by a sign (`Puma/Алиса`), unless one of them could as well be Latin.
    """
    for word in text.split():
        if "LATIN" not in _alphabets(word):
            continue
        for is_sign, letters in groupby(word, lambda character: unicodedata.category(character)[0] in "PS"):
            part = "".join(letters)
            foreign = [one for one in part if categories.alias(one) not in _NEUTRAL | {"LATIN"}]
            alike = [one for one in foreign if _latin(one) != one]
            if not is_sign and alike and (alike == foreign or "LATIN" in _alphabets(part)):
                return word, alike[0]
    return None


def skeleton(text: str) -> str:
    """The same for texts that look alike, whatever the case and alphabet of their letters."""
    drawn = "".join(_latin(character) for character in plain(text) if character not in _JOINING).casefold()
    # A dot above hides in that of the letter.
    return drawn.replace(f"i{_DOT_ABOVE}", "i").replace(f"j{_DOT_ABOVE}", "j")


def _alphabets(text: str) -> set[str]:
    return {categories.alias(character) for character in text}


def _is_symbol(character: str) -> bool:
    return character in _JOINING or (not character.isascii() and unicodedata.category(character) in ("So", "Sk"))


def _is_invisible(character: str) -> bool:
    if character.isascii():
        return False
    if character in _REORDERING:
        return False
    code = ord(character)
    return (
        unicodedata.category(character) == "Cf" or character in _BLANKS or any(code in found for found in _BLANK_RANGES)
    )


def _plain(character: str) -> str:
    if not unicodedata.decomposition(character).startswith(_DRAWN_OTHERWISE):
        return character
    found = unicodedata.normalize("NFKC", character)
    # Accents that stand alone decompose into a space and what would join the letter before.
    return found if found == " " or not any(part.isspace() for part in found) else character


@lru_cache(maxsize=4096)
def _latin(character: str) -> str:
    """The ASCII character that a character looks like, for a letter a letter; itself where there is none."""
    if character.isascii():
        return character
    found = next(_ascii(character), character)
    if character.isupper() and not found.isupper():
        # Unicode takes a capital I for a small L, which is another letter once case is not looked at.
        return next(_ascii(character.lower()), found)
    return found


def _ascii(character: str) -> Iterator[str]:
    for found in confusables.is_confusable(character, greedy=True) or ():
        for alike in found["homoglyphs"]:
            one = alike["c"]
            if len(one) == 1 and one.isascii() and (one.isalpha() or not character.isalpha()):
                yield one
