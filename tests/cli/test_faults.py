"""What a command says of failures that no code of the project raised on purpose."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tributary.cli import faults
from tributary.resources.settings import Settings


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("one = 1\ndef broken(:\n", "odd.py:2 cannot be imported: invalid syntax; mend it"),
        ("import nothing_there\n", "odd.py:1 cannot be imported: ModuleNotFoundError: No module named 'nothing_there'"),
        ("one = 1\n\none.two\n", "odd.py:3 cannot be imported: AttributeError: 'int' object has no attribute 'two'"),
    ],
)
def test_a_module_that_cannot_be_imported_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, sentence: str
) -> None:
    monkeypatch.setattr(faults, "PROJECT_ROOT", tmp_path)
    (tmp_path / "odd.py").write_text(text)
    with pytest.raises(Exception) as failed:  # noqa: PT011 - whatever a module may raise
        runpy.run_path(str(tmp_path / "odd.py"))
    told = faults.explained(failed.value, Settings(_env_file=None, home=tmp_path))
    assert told is not None
    assert told.startswith(sentence)
