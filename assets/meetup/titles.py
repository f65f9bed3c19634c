"""What counts as a word of an event's title, and which words say nothing.

Words that say nothing are English ones of `stopwords.txt`, and those of other languages, which are the package
stop-words' matter. How words are counted is `words`.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from functools import cache
from importlib.metadata import version
from pathlib import Path

LANGUAGES = (
    *("arabic", "czech", "danish", "dutch", "finnish", "french", "german", "greek", "hebrew", "hindi", "hungarian"),
    *("italian", "norwegian", "polish", "portuguese", "russian", "spanish", "swedish", "turkish", "ukrainian"),
)
"""Beside English, as the package calls them."""

_STOPWORDS = Path(__file__).with_name("stopwords.txt")
_SPARED = Path(__file__).with_name("spared.txt")
"""Words that say nothing in one of these languages, and something in English, which most titles are in."""

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+", re.IGNORECASE)
_ENDING = re.compile(r"(?:'s?)+$")
_APOSTROPHES = "'\u2018\u2019\u02bc\uff07`\u00b4"

# Full-width signs and letters, which names are written in as well, are the plain ones.
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

_NAMES = re.compile(
    r"""
    (?<![\w.+\#])(?:
        c\+\+ (?! \+) | [cfjq]\# (?!\w) | notepad\+\+ | objective-c (?!\w)
        | (?: [a-z]+ )? \.net (?!\w)                      # .NET, ASP.NET
        | [a-z][a-z0-9]* \.(?: js | ts | py | ai | io ) (?![\w.])   # Node.js, fast.ai
        | re:[a-z]+                                       # re:Invent; a blank behind the colon is a reply's
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LETTER_R = re.compile(r"(?<![\w.&'+/-])R(?![\w.&'+-]|\s*&)")
"""The language, which is one letter, and a large one."""

_MARKERS = re.compile(
    r"""
    \b(?: sold [ -]? out | fully [ ]booked | re-?scheduled | cancell?ed | postponed | wait-?list [ ]only
        | abgesagt | ausgebucht | ausverkauft | verschoben | entf(?:ä|ae)llt
        | annulée?s? | reportée?s?
        | cancelad[oa]s? | agotad[oa]s? | aplazad[oa]s? | pospuest[oa]s? | esgotad[oa]s? | adiad[oa]s?
        | annullat[oa] | esaurit[oa] | rimandat[oa] | rinviat[oa]
        | geannuleerd | uitverkocht | volgeboekt | uitgesteld
        | inst(?:ä|ae)llt | fullbokat | aflyst | udsolgt | avlyst | utsolgt | peruttu
        | odwołan[eya] | zrušeno | отмен[её]н\w? | перенес[её]н\w?
    )\b
    | [\[(*] \s* (?: online | virtual | hybrid | in[ -]?person ) \s* [?!]? \s* [\])*]
    | ^ \s* (?: online | virtual | hybrid | in[ -]?person ) \s* (?: [:|?!] | [ ]-[ ] )
    | \b online \s* \?
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""What organisers write into a title when something has become of the event."""


class _Characters(dict[int, str | None]):
    """What `str.translate` makes of each character: itself, another, or nothing. Filled in as characters turn up."""

    def __missing__(self, code: int) -> str | None:
        self[code] = made = _made_of(chr(code))
        return made


def _made_of(character: str) -> str | None:
    if character in _APOSTROPHES:
        return "'"
    kind = unicodedata.category(character)
    # These stand within words: joiners, soft hyphens, marks of direction; frames around digits, and emoji's styles.
    if kind in ("Cf", "Me") or "\ufe00" <= character <= "\ufe0f":
        return None
    return character if kind[0] in "LMN" else " "


_CHARACTERS = _Characters()


@cache
def stopwords() -> frozenset[str]:
    """The words that say nothing, in lower case."""
    from stop_words import get_stop_words

    foreign = {word.lower() for language in LANGUAGES for word in get_stop_words(language)}
    return _listed(_STOPWORDS) | (foreign - _listed(_SPARED))


def words_version() -> str:
    """Stands for what counts as a word: another one makes the counts anew."""
    digest = hashlib.sha256(f"2 {version('stop-words')}".encode())
    for path in (_STOPWORDS, _SPARED):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _listed(path: Path) -> frozenset[str]:
    return frozenset(path.read_text(encoding="utf-8").split())


def words_of(title: str) -> frozenset[str]:
    """The words of a title, each once.

    Letters of any script are kept, with their marks. Look-alikes (full-width or mathematical letters) become the
    letters themselves, by Unicode's normalisation form KC. Scripts that set no blanks give long words. Names that are
    written with signs (C++, C#, .NET, Node.js, re:Invent) are words, and so is R.
    """
    text = html.unescape(html.unescape(title)).translate(_PLAIN)  # titles that were escaped twice are common
    text = _MARKERS.sub(" ", _ADDRESS.sub(" ", _TAG.sub(" ", text)))
    names = {name.lower() for name in _NAMES.findall(text)}
    text = _NAMES.sub(" ", text)
    if _LETTER_R.search(text):
        names.add("r")
    # Signs go before their compatibility forms are taken, which for ™ would be letters; some forms hold signs anew.
    text = unicodedata.normalize("NFKC", text.translate(_CHARACTERS))
    text = unicodedata.normalize("NFKC", text.lower()).translate(_CHARACTERS)
    found = (_ENDING.sub("", token.lstrip("'")) for token in text.split())
    return frozenset(names) | {word for word in found if _is_word(word)}


def _is_word(word: str) -> bool:
    return len(word) > 1 and word[0].isalpha() and word not in stopwords()
