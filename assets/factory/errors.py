"""Errors in the declarations that the factory reads."""

from __future__ import annotations

from pathlib import Path

from resources.errors import TributaryError
from resources.settings import PROJECT_ROOT


class ModelError(TributaryError):
    """A model file is refused at load; the sentence names file and line."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        shown = path.relative_to(PROJECT_ROOT) if path.is_relative_to(PROJECT_ROOT) else path
        self.path, self.line, self.problem = path, line, problem
        super().__init__(f"{shown}:{line}: {problem}")
