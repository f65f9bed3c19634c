"""How hostile bytes are shown: as text where they are text, with all that a screen would obey or hide told by name."""

from __future__ import annotations

from typing import NamedTuple

_KEPT = "\n\t"
_WIDTH = 16


class Shown(NamedTuple):
    """Bytes as they are shown: as text or in hex, and how many bytes of it were left out."""

    text: str
    is_text: bool
    left_out: int = 0


def shown(raw: bytes, most: int) -> Shown:
    """The first bytes, `most` at most: text where all of it is UTF-8, else hex, which takes four times the room."""
    if not _is_text(raw):
        part = raw[: max(most // 4, _WIDTH)]
        return Shown(_hex(part), False, len(raw) - len(part))
    part = raw[:most]
    # A character that is cut in two at the end is left out.
    return Shown(visible(part.decode(errors="ignore")), True, len(raw) - len(part))


def visible(text: str) -> str:
    """Text in which nothing is hidden, and nothing turns what is around it: such characters stand as their numbers."""
    return "".join(char if char in _KEPT or char.isprintable() else f"⟨{ord(char):04X}⟩" for char in text)


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _hex(raw: bytes) -> str:
    """As a hex editor has it: the offset, the bytes, and those that are printable ASCII."""
    lines = []
    for start in range(0, len(raw), _WIDTH):
        part = raw[start : start + _WIDTH]
        plain = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{start:08x}  {part.hex(' '):<{_WIDTH * 3}} {plain}")
    return "\n".join(lines)
