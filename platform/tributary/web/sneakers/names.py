"""What a typed name is made of, so that two names which look the same are the same.

What cannot be seen is left out, and letters that are only drawn otherwise (full width, mathematical, ligatures) become
the plain ones. A word of the Latin alphabet with letters of another one that look like Latin ones is refused, as nobody
types that by accident. Names that look alike as wholes have the same `skeleton`. Which characters look alike is said by
Unicode (UTS 39, confusables.txt, by way of the library `confusable-homoglyphs`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from confusable_homoglyphs import categories, confusables

# What reorders the text around it is no slip of the keyboard: a name with it reads as something else than it is.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Kinds of compatibility decompositions (Unicode, UAX 44) that change how a letter is drawn and not what it says. Of
# others, such as a trade mark's sign or a half, something would be lost.
_DRAWN_OTHERWISE = ("<wide>", "<narrow>", "<font>", "<noBreak>", "<compat>", "<circle>")
# Without a mark of its own, though Unicode's category does not say so (Default_Ignorable_Code_Point, and a blank).
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SELECTORS = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_NEUTRAL = frozenset({"COMMON", "INHERITED"})


def plain(text: str) -> str:
    """The text without what cannot be seen, its letters drawn plainly, with single spaces, in composed form (NFC)."""
    seen = "".join(_plain(character) for character in text if not _is_invisible(character))
    return " ".join(unicodedata.normalize("NFC", seen).split())


def is_unreadable(text: str) -> bool:
    """Whether the text holds characters that no name has: control characters, or such as reorder others."""
    return any(unicodedata.category(character) in ("Cc", "Cs") or character in _REORDERING for character in text)


def mixed_word(text: str) -> tuple[str, str] | None:
    """A word of Latin letters with a letter of another alphabet that looks like a Latin one, and that letter."""
    for word in text.split():
        alphabets = {categories.alias(character) for character in word}
        if "LATIN" in alphabets and alphabets - _NEUTRAL - {"LATIN"}:
            for character in word:
                if categories.alias(character) not in _NEUTRAL | {"LATIN"} and _latin(character) != character:
                    return word, character
    return None


def skeleton(text: str) -> str:
    """The same for texts that look alike, whatever the case and alphabet of their letters."""
    return "".join(_latin(character) for character in plain(text)).casefold()


def _is_invisible(character: str) -> bool:
    if character.isascii():
        return False
    if character in _REORDERING:
        return False
    code = ord(character)
    return unicodedata.category(character) == "Cf" or character in _BLANKS or any(code in found for found in _SELECTORS)


def _plain(character: str) -> str:
    if not unicodedata.decomposition(character).startswith(_DRAWN_OTHERWISE):
        return character
    found = unicodedata.normalize("NFKC", character)
    # Accents that stand alone decompose into a space and what would join the letter before.
    return found if found == " " or not any(part.isspace() for part in found) else character


@lru_cache(maxsize=4096)
def _latin(character: str) -> str:
    """The ASCII letter that a character looks like; itself where there is none."""
    if character.isascii():
        return character
    return next(_ascii_letters(character), character)


def _ascii_letters(character: str) -> Iterator[str]:
    for found in confusables.is_confusable(character, greedy=True) or ():
        for alike in found["homoglyphs"]:
            if len(alike["c"]) == 1 and alike["c"].isascii() and alike["c"].isalpha():
                yield alike["c"]
