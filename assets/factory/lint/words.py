"""Rules that show in the text alone: names of functions, operators, literals, and slips that sqlglot lets pass.

They look at tokens because the tree forgets how a thing was written: `len(x)` and `length(x)` are one node.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlglot import Token, TokenType, exp

from tributary.assets.factory.lint import vocabulary
from tributary.assets.factory.lint.finding import Finding

_QUOTED = (TokenType.STRING, TokenType.IDENTIFIER)
_STRINGS = {
    TokenType.BYTE_STRING, TokenType.NATIONAL_STRING, TokenType.UNICODE_STRING, TokenType.HEREDOC_STRING,
    TokenType.RAW_STRING, TokenType.HEX_STRING, TokenType.BIT_STRING,
}  # fmt: skip
_OPERATORS = vocabulary.words("( ) , . ; + - * / % < > <= >= = <> != || : :: ~ !~")
_END = Token(TokenType.SEMICOLON, ";")
_AFTER_NO_NAME = (TokenType.STRING, TokenType.COMMA, TokenType.R_PAREN)
_MAY_BE_CALLED = vocabulary.FUNCTIONS | vocabulary.BEFORE_PARENTHESIS
_AFTER_COMMA = vocabulary.words("from where group having order limit offset union intersect except fetch window")


def word_findings(tree: exp.Query, tokens: Sequence[Token]) -> Iterator[Finding]:
    """Findings of the text's tokens; `tree` tells names with a column list from calls."""
    lists = _names_with_columns(tree)
    before: Token | None = None
    for token, after in pairwise((*tokens, _END)):
        for rule, message in _problems(before, token, after, lists):
            yield Finding(token.line, rule, message)
        before = token


def _problems(before: Token | None, token: Token, after: Token, lists: frozenset[int]) -> Iterator[tuple[str, str]]:
    kind = token.token_type
    if kind in _STRINGS:
        yield "string-literal", "this form of string is Postgres' own; write the characters between plain quotes."
    elif kind is TokenType.STRING:
        if after.token_type is TokenType.STRING:
            yield "string-literal", "two strings stand side by side; write one string, or join them with ||."
    elif kind is TokenType.NUMBER:
        yield from _number(token, after)
    elif kind is TokenType.IDENTIFIER:
        if after.token_type is TokenType.L_PAREN and token.start not in lists:
            yield "function", f'"{token.text}" is called by a quoted name; use a portable function by its bare name.'
        if token.text != token.text.lower():
            yield "quoted-upper-case", f'"{token.text}" has capitals, which Trino ignores; use a name in lower case.'
    elif _is_word(token):
        yield from _word(before, token, after, lists)
    else:
        yield from _symbol(before, token, after)


def _number(token: Token, after: Token) -> Iterator[tuple[str, str]]:
    if "e" in token.text.lower():
        yield "scientific-literal", f"{token.text} is exact on Postgres and a double on Trino; write all its digits."
    elif after is not _END and after.start == token.end + 1 and _is_word(after):
        # sqlglot reads 1_000 as 1 with the alias _000.
        yield "number-literal", f"{token.text}{after.text} is not a plain number; write decimal digits only."


def _is_word(token: Token) -> bool:
    return token.text[:1].isalpha() or token.text[:1] == "_"


def _word(before: Token | None, token: Token, after: Token, lists: frozenset[int]) -> Iterator[tuple[str, str]]:
    word = token.text.lower()
    called = after.token_type is TokenType.L_PAREN
    is_part = before is not None and before.token_type is TokenType.DOT
    if is_part:
        if called:
            yield "function", f"{token.text}() is called with a schema; use a portable function by its bare name."
        return
    if word in vocabulary.VOLATILE and (called or word.startswith(("current_", "local", "session_"))):
        yield "volatile", f"{word} differs from run to run: {vocabulary.VOLATILE[word]}."
    elif called and word.rpartition(" ")[2] not in _MAY_BE_CALLED and token.start not in lists:
        yield "function", _refused_function(word)
    if word == "as" and (_opens(before) or after is _END or after.token_type in _AFTER_NO_NAME):
        yield "syntax", "as names nothing here; write expression as name."
    if word == "interval" and after.token_type is TokenType.NUMBER:
        yield "interval", f"interval {after.text} lacks quotes; write interval '{after.text} day'."
    if before is not None and before.text.lower().split() == ["group", "by"] and word in ("distinct", "all"):
        yield "group-by-distinct", f"group by {word} is lost on the way to Trino; list the grouping sets themselves."


def _refused_function(word: str) -> str:
    instead = vocabulary.INSTEAD.get(word)
    if instead is None and word.startswith(vocabulary.JSON_PREFIXES):
        instead = vocabulary.JSON_INSTEAD
    if instead is None:
        return f"{word}() is not in the portable subset; use a function that docs/sql-models.md lists."
    return f"{word}() is not portable: {instead}."


def _symbol(before: Token | None, token: Token, after: Token) -> Iterator[tuple[str, str]]:
    if token.text == ",":
        if _opens(before):
            yield "syntax", "nothing stands before this comma; remove it."
        elif (
            after is _END
            or after.token_type is TokenType.R_PAREN
            or (_first_word(after) in _AFTER_COMMA and after.token_type not in _QUOTED)
        ):
            yield "syntax", "nothing follows this comma; remove it."
    elif token.text == "." and TokenType.STRING in (before.token_type if before else None, after.token_type):
        yield "syntax", "a string stands where a name belongs; write the name without quotes."
    elif token.text == "==":
        yield "syntax", "== is not SQL; write =."
    elif token.text not in _OPERATORS and (token.text, after.text) != ("!", "~"):
        yield "operator", f"{token.text} is no operator of the portable subset; use a comparison or a listed function."


def _opens(before: Token | None) -> bool:
    """Whether the token before begins a list, so that neither a comma nor `as` can follow it."""
    if before is None:
        return True
    # A string may hold any of these as its text.
    if before.token_type in _QUOTED:
        return False
    return before.text in ("(", ",") or _first_word(before) in ("select", "group", "order", "partition")


def _first_word(token: Token) -> str:
    return token.text.lower().partition(" ")[0]


def _names_with_columns(tree: exp.Query) -> frozenset[int]:
    """Where names stand that a list of columns follows, as in `with days (day) as` or `as v (a, b)`."""
    return frozenset(
        alias.this.meta["start"]
        for alias in tree.find_all(exp.TableAlias)
        if alias.args.get("columns") and isinstance(alias.this, exp.Identifier) and "start" in alias.this.meta
    )
