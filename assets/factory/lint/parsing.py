"""Reads a model's text: exactly one SELECT, or set operation of SELECTs, in Postgres' dialect.

sqlglot reads leniently and many dialects at once; what Postgres itself would refuse is caught here where it shows in
the statement as a whole, and in `words` where it shows in single tokens.
"""

from __future__ import annotations

from functools import lru_cache

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, TokenError

from tributary.assets.factory.lint.errors import SqlSyntaxError

_MOST_NESTED = 100
_BEGINNINGS = (TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN)


def parse(sql: str) -> exp.Query:
    """The tree of a model's SELECT; its nodes keep their lines in `sql`.

    Raises:
        SqlSyntaxError: the text is empty, not valid, more than one statement, or not a SELECT.
    """
    tokens = list(tokens_of(sql))
    _check_whole(tokens)
    try:
        trees = Dialect.get_or_raise("postgres").parser().parse(tokens, sql)
    except ParseError as error:
        raise _explained(error) from None
    except TypeError:
        # The compiled parser answers an operator without its operand with a type error of its own.
        raise SqlSyntaxError(tokens[0].line, "the text is no SQL; an operator lacks what it works on.") from None
    tree = trees[0]
    if isinstance(tree, exp.Subquery):
        raise SqlSyntaxError(tokens[0].line, "the whole SELECT stands in parentheses; remove them.")
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise SqlSyntaxError(tokens[0].line, "a model is one SELECT that changes nothing; write a SELECT.")
    return tree


@lru_cache(maxsize=4)
def tokens_of(sql: str) -> tuple[Token, ...]:
    """The tokens of the text; kept for a moment, since parser and lint both need them.

    Raises:
        SqlSyntaxError: a string, quoted name or comment is not closed.
    """
    try:
        return tuple(Dialect.get_or_raise("postgres").tokenize(sql))
    except TokenError:
        raise SqlSyntaxError(
            _last_line(sql), "a string, a quoted name or a comment is not closed; look for its missing end."
        ) from None


def _check_whole(tokens: list[Token]) -> None:
    """What must hold before parsing.

    Deep nesting is refused because the parser recurses in compiled code; open parentheses because it forgives some.
    """
    statement = [token for token in tokens if token.token_type is not TokenType.SEMICOLON]
    if not statement:
        raise SqlSyntaxError(1, "there is no SELECT; write one.")
    if statement[0].token_type not in _BEGINNINGS:
        raise SqlSyntaxError(
            statement[0].line, f"a model is one SELECT, but this begins with {statement[0].text!r}; write a SELECT."
        )
    opened: list[Token] = []
    for place, token in enumerate(tokens):
        kind = token.token_type
        if kind is TokenType.SEMICOLON and place < len(tokens) - 1:
            raise SqlSyntaxError(token.line, "a model is one statement; remove what follows the semicolon.")
        if kind is TokenType.L_PAREN:
            opened.append(token)
            if len(opened) > _MOST_NESTED:
                raise SqlSyntaxError(
                    token.line, f"parentheses are nested more than {_MOST_NESTED} deep; split the SELECT into CTEs."
                )
        elif kind is TokenType.R_PAREN:
            if not opened:
                raise SqlSyntaxError(token.line, "a parenthesis is closed that was not opened; remove it.")
            opened.pop()
    if opened:
        raise SqlSyntaxError(opened[-1].line, "a parenthesis is opened and not closed; close it.")


def _explained(error: ParseError) -> SqlSyntaxError:
    first = error.errors[0] if error.errors else {}
    description = str(first.get("description") or error).removesuffix(".")
    if description.startswith("Required keyword"):
        description = "an operand or clause is missing"
    if description.startswith("alias does not support CTE"):
        description = "the SELECT after the CTEs is missing or misspelt"
    near = str(first.get("highlight") or "").strip()
    place = f" near {near!r}" if near else ""
    sentence = f"{description[:1].lower()}{description[1:]}{place}; correct the syntax there."
    return SqlSyntaxError(int(first.get("line") or 1), sentence)


def _last_line(sql: str) -> int:
    return sql.rstrip().count("\n") + 1
