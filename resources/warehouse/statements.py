"""Reads as much of a statement's text as must be known to run it where only one query may run.

Nothing rests on this reading being right: whatever it says, the server runs the text as a subquery, in a read-only
transaction, as one statement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tributary.resources.errors import UsageError
from tributary.resources.warehouse.errors import WarehouseError

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*)
    | (?P<comment>/\*)
    | (?P<end>;)
    | (?P<word>[^\W\d][\w$]*(?!['\w$]))
    | [eE]'(?:[^'\\]|\\.|'')*'
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTE = re.compile(r"\$(?:[^\W\d]\w*)?\$")
_COMMENT_PART = re.compile(r"/\*|\*/")
_OPTIONS = re.compile(r"\(([\w\s,']*)\)|(?:(?:analy[sz]e|verbose)\b\s*)+", re.IGNORECASE)
_SHOW = re.compile(r"show\s+[\w.\s\"]+", re.IGNORECASE)
_QUERIES = ("select", "with", "values", "table", "show", "explain", "")
_LISTED = "SELECT, WITH, VALUES, TABLE, SHOW, or EXPLAIN of a query"


@dataclass(frozen=True)
class Statement:
    """What is sent: `before` and `after` are put around `text`, the writer's own, without its last semicolon."""

    text: str
    before: str
    after: str = ""

    @property
    def sql(self) -> str:
        """The whole."""
        return f"{self.before}{self.text}{self.after}"

    def line(self, position: int) -> int:
        """The line of `text`, from 1, on which a character of the whole stands, counted from 1 as the server does."""
        return self.text.count("\n", 0, max(0, position - 1 - len(self.before))) + 1

    def ends_before(self, position: int) -> bool:
        """Whether a character of the whole, counted from 1, stands behind `text`."""
        return position - 1 >= len(self.before) + len(self.text)


def read_statement(sql: str, limit: int | None = None) -> Statement:
    """One query, EXPLAIN of a query, or SHOW, as it is to be sent; of a query, `limit` rows at most.

    Raises:
        UsageError: the text holds no statement, or what no server can be sent.
        WarehouseError: it holds several, or something else than a query.
    """
    if "\0" in sql:
        raise UsageError("The statement holds a NUL character, which no SQL can; remove it.")
    try:
        sql.encode()
    except UnicodeEncodeError:
        raise UsageError("The statement is not UTF-8 text; write it in UTF-8.") from None
    begin, end = _only_statement(sql)
    text = sql[:end]
    keyword = _query_word(text[begin:])
    if keyword == "show" and _SHOW.fullmatch(text[begin:].strip()):
        return Statement(text, "")
    cut = "" if limit is None else f" LIMIT {limit}"
    if keyword != "explain":
        return Statement(text, "SELECT * FROM (\n", f"\n) AS query{cut}")
    # The planner makes the same plan of the query as a subquery, which nothing but a query can be.
    rest = begin + len("explain")
    rest += len(text[rest:]) - len(text[rest:].lstrip())
    options = _OPTIONS.match(text, rest)
    asked = text[rest : options.end()] if options and options.end() < end else ""
    _query_word(text[rest + len(asked) :].lstrip())
    return Statement(text[rest + len(asked) :], f"EXPLAIN {asked} SELECT * FROM (\n", "\n) AS query")


def _query_word(text: str) -> str:
    """The word, in lower case, that a query begins with; empty where it begins with a parenthesis or comment."""
    found = re.match(r"\w*", text)
    word = found[0] if found else ""
    if word.lower() not in _QUERIES:
        raise WarehouseError(f"{word.upper()} begins no query. Only one query can be run here: {_LISTED}.")
    return word.lower()


def _only_statement(sql: str) -> tuple[int, int]:
    """Where the one statement begins and ends, without comments and blanks around it and without its semicolon."""
    begin: int | None = None
    end = place = 0
    closed = False
    while place < len(sql):
        token = _TOKEN.match(sql, place)
        assert token is not None  # noqa: S101 - the last alternative takes any character
        kind, start, place = token.lastgroup, place, token.end()
        if kind == "comment":
            place = _comment_end(sql, place)
        elif kind == "end":
            closed = closed or begin is not None
        elif kind != "space":
            if token[0] in ("'", '"') or (token[0] == "$" and _QUOTE.match(sql, start)):
                line = sql.count("\n", 0, start) + 1
                raise WarehouseError(f"A quoted text of the statement is not closed; it begins in line {line}.")
            if closed:
                raise WarehouseError("Only one query can be run here, and these are several; give one at a time.")
            begin = start if begin is None else begin
            end = place
    if begin is None:
        raise UsageError("There is no statement to run; give a query.")
    return begin, end


def _comment_end(sql: str, place: int) -> int:
    """Behind a comment that began before `place`; comments nest."""
    depth = 1
    while depth:
        part = _COMMENT_PART.search(sql, place)
        if part is None:
            raise WarehouseError("A comment of the statement is not closed; close it with */.")
        depth += 1 if part[0] == "/*" else -1
        place = part.end()
    return place
