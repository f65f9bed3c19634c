"""Draws the picture of the house in `architecture.md` from the code: its floors, and what each package says it is for.

`python docs/house.py` writes it there; a test holds it true.
"""

from __future__ import annotations

import ast
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).with_name("architecture.md")
BEGIN, END = "<!-- house -->\n", "<!-- /house -->\n"
FLOORS = {"platform/tributary": "what runs", "assets": "what exists", "resources": "what it stands on"}
_WIDTH, _NAME = 118, 16


def picture() -> str:
    """The floors from the top, with the packages of each; a floor uses those below it, and none above."""
    lines: list[str] = []
    for folder, meaning in FLOORS.items():
        lines += [f"{folder}/  ({meaning})", *_packages(ROOT / folder), ""]
    sources = ", ".join(f"{one.name}/" for one in sorted((ROOT / "sql").iterdir()) if one.is_dir())
    lines += [f"sql/  (what it means: one SELECT a file, read by assets/factory): {sources}"]
    return "```text\n" + "\n".join(lines) + "\n```\n"


def drawn(page: str) -> str:
    """The page with the picture as it is now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{picture()}{END}{after}"


def _packages(folder: Path) -> Iterator[str]:
    for path in sorted(folder.iterdir()):
        module = path / "__init__.py" if path.is_dir() and not path.is_symlink() else path
        if module.suffix == ".py" and module.is_file() and path.name not in ("__init__.py", "__main__.py"):
            name = path.stem if path.is_file() else f"{path.name}/"
            text = (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").partition("\n\n")[0]
            sentence = text.replace("\n", " ").partition(". ")[0].rstrip(".")
            yield f"  {name:<{_NAME}} {textwrap.shorten(sentence, _WIDTH - _NAME, placeholder='…')}"


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(picture())
