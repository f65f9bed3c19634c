"""The dot beside a pair: a class of the style sheet for the first colour that its description names."""

from __future__ import annotations

import re

KNOWN = (
    "black", "white", "grey", "red", "orange", "yellow", "green", "blue", "navy", "purple", "pink", "brown", "beige",
    "cream", "gold", "silver", "teal", "olive",
)  # fmt: skip
_SAME = {"gray": "grey", "tan": "beige", "sand": "beige", "burgundy": "red", "violet": "purple", "volt": "yellow"}


def dot_class(color: str) -> str:
    """`dot dot-red` for "University Red"; `dot` alone where no known colour is named."""
    for word in re.findall(r"[a-z]+", color.lower()):
        known = _SAME.get(word, word)
        if known in KNOWN:
            return f"dot dot-{known}"
    return "dot"
