"""Errors in the declarations that the factory reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tributary.resources.errors import TributaryError
from tributary.resources.settings import PROJECT_ROOT


class ModelError(TributaryError):
    """A model file is refused at load; the sentence names file and line.

    `others` are what else is wrong, in this file or in others; `all` is the whole of it.
    """

    def __init__(self, path: Path, line: int, problem: str) -> None:
        shown = path.relative_to(PROJECT_ROOT) if path.is_relative_to(PROJECT_ROOT) else path
        self.path, self.line, self.problem = path, line, problem
        self.others: tuple[ModelError, ...] = ()
        super().__init__(f"{shown}:{line}: {problem}")

    @property
    def all(self) -> tuple[ModelError, ...]:
        """This error, and the others."""
        return (self, *self.others)


def together(errors: Sequence[ModelError]) -> ModelError:
    """The first of some errors, which knows the others."""
    first, *others = dict.fromkeys(one for error in errors for one in error.all)
    first.others = tuple(others)
    return first
