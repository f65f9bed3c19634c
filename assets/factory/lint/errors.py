"""The error of SQL text that cannot be read at all; what can be read but not accepted is a `Finding`."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class SqlSyntaxError(TributaryError):
    """The text is not one SELECT; `line` is the 1-based line in the text and `problem` the sentence without it."""

    def __init__(self, line: int, problem: str) -> None:
        self.line, self.problem = line, problem
        super().__init__(f"Line {line} of the SQL: {problem}")
