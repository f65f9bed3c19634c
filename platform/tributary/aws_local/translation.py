"""Athena's words in Trino's: DDL in Hive's grammar, properties of tables, and maintenance. Queries are the same.

Only Iceberg tables are known; what the stand-in has no translation for, it refuses, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.dialects import Trino
from sqlglot.errors import ParseError

from tributary.aws_local.protocol import AwsError

_IGNORED = ("table_type", "is_external", "write_compression", "vacuum_", "optimize_")
_BIN_PACK = re.compile(r"OPTIMIZE\s+(\S+)\s+REWRITE\s+DATA\s+USING\s+BIN_PACK(?:\s+(WHERE\s.+))?", re.I | re.S)
_TIMESTAMP = exp.DataType.build("timestamp(6)", dialect="trino")


def ctas(text: str) -> str:
    """CREATE TABLE … WITH (Athena's properties) AS SELECT …, whose query stays as it is written.

    Raises:
        AwsError: the properties do not make an Iceberg table.
    """
    tokens = Trino().tokenize(text)
    start = next(token for token in tokens if token.token_type in (TokenType.WITH, TokenType.ALIAS))
    head, given, rest = text[: start.start], {}, text[start.start :]
    if start.token_type is TokenType.WITH:
        end = _closing(tokens, tokens.index(start) + 1)
        given = _properties(text[start.start : end.end + 1])
        rest = text[end.end + 1 :].lstrip()
    if given.get("table_type", "").strip("'").upper() != "ICEBERG":
        raise AwsError("InvalidRequestException", "This stand-in makes Iceberg tables only: table_type = 'ICEBERG'")
    if given.get("is_external", "").upper() != "FALSE":
        raise AwsError("InvalidRequestException", "is_external must be false for table_type 'ICEBERG'")
    return f"{head}{_with(given)} {rest}"


def create_table(text: str) -> str:
    """Hive's CREATE TABLE … LOCATION … TBLPROPERTIES ('table_type'='ICEBERG').

    Raises:
        AwsError: it cannot be read, is of no Iceberg table, or names no location.
    """
    tree = _parsed(text)
    properties = {
        prop.this.name.lower(): prop.args["value"].sql("trino")
        for prop in tree.find_all(exp.Property)
        if prop.this
        if "value" in prop.args
    }
    location = tree.find(exp.LocationProperty)
    if properties.get("table_type", "").strip("'").upper() != "ICEBERG":
        raise AwsError("InvalidRequestException", "This stand-in makes Iceberg tables only: 'table_type'='ICEBERG'")
    if location is None:
        raise AwsError("InvalidRequestException", "Table location must be specified: LOCATION 's3://…'")
    properties["location"] = location.this.sql("trino")
    if partitioned := tree.find(exp.PartitionedByProperty):
        terms = ", ".join(f"'{_transform(term)}'" for term in partitioned.this.expressions)
        properties["partitioning"] = f"ARRAY[{terms}]"
    columns = ", ".join(f"{column.this.sql('trino')} {_type(column.kind)}" for column in tree.this.expressions)
    exists = "IF NOT EXISTS " if tree.args.get("exists") else ""
    return f"CREATE TABLE {exists}{tree.this.this.sql('trino')} ({columns}) {_with(properties)}"


def hive_ddl(text: str) -> str:
    """Hive's DROP TABLE, and CREATE and DROP of a database."""
    return _parsed(text).sql("trino").replace(" DATABASE ", " SCHEMA ")


def unquoted(text: str) -> str:
    """SHOW and DESCRIBE, with Trino's quotes around names."""
    return text.replace("`", '"')


def requoted(name: str) -> str:
    """A table's name with Trino's quotes, whichever it has."""
    return exp.to_table(name.replace("`", '"'), dialect="trino").sql("trino", identify=True)


def optimize(text: str) -> str:
    """OPTIMIZE … REWRITE DATA USING BIN_PACK [WHERE …].

    Raises:
        AwsError: it is written otherwise.
    """
    found = _BIN_PACK.fullmatch(text)
    if found is None:
        raise AwsError(
            "InvalidRequestException", "line 1:1: expected OPTIMIZE table REWRITE DATA USING BIN_PACK [WHERE …]"
        )
    return f"ALTER TABLE {requoted(found[1])} EXECUTE optimize {found[2] or ''}"


def _parsed(text: str) -> exp.Expr:
    try:
        return sqlglot.parse_one(text, read="athena")
    except ParseError as error:
        raise AwsError("InvalidRequestException", f"line 1:1: {str(error).splitlines()[0]}") from None


def _closing(tokens: list[Token], opening: int) -> Token:
    depth = 0
    for token in tokens[opening:]:
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if not depth:
            return token
    raise AwsError("InvalidRequestException", "line 1:1: a parenthesis is not closed")


def _properties(clause: str) -> dict[str, str]:
    tree = _parsed(f"CREATE TABLE x {clause} AS SELECT 1 AS a")
    found = dict(_named(tree))
    if "location" not in found:
        raise AwsError("InvalidRequestException", "Table location must be specified when creating an Iceberg table")
    return found


def _named(tree: exp.Expr) -> Iterator[tuple[str, str]]:
    properties = tree.args.get("properties")
    for prop in properties.expressions if properties else ():
        if isinstance(prop, exp.Property) and "value" in prop.args:
            yield prop.this.name.lower(), prop.args["value"].sql("trino")
        elif isinstance(prop, exp.LocationProperty):
            yield "location", prop.this.sql("trino")
        elif isinstance(prop, exp.FileFormatProperty):
            yield "format", f"'{prop.this.name}'"


def _with(properties: dict[str, str]) -> str:
    kept = {name: value for name, value in properties.items() if not name.startswith(_IGNORED)}
    if "format" in kept:
        kept["format"] = kept["format"].upper()
    return "WITH (" + ", ".join(f"{name} = {value}" for name, value in kept.items()) + ")"


def _type(kind: exp.DataType) -> str:
    """A Hive type in Trino, whose timestamps have microseconds in Iceberg."""

    def precise(node: exp.Expr) -> exp.Expr:
        plain = isinstance(node, exp.DataType) and node.this is exp.DType.TIMESTAMP
        return _TIMESTAMP.copy() if plain else node

    return kind.transform(precise).sql("trino")


def _transform(term: exp.Expr) -> str:
    column = term.find(exp.Column) or term
    number = term.args.get("expression")
    if isinstance(term, exp.PartitionedByBucket):
        return f"bucket({column.name}, {number})"
    if isinstance(term, exp.PartitionByTruncate):
        return f"truncate({column.name}, {number})"
    return column.name if isinstance(term, (exp.Identifier, exp.Column)) else f"{term.key}({column.name})"
