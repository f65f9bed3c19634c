"""What Athena takes and what it refuses, by the first words of a statement, and what Trino is to run for it.

The kinds and the refusals are those of Athena engine version 3 ("SQL reference for Athena",
https://docs.aws.amazon.com/athena/latest/ug/ddl-sql-reference.html). How the words differ is in `translation`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import TokenType
from sqlglot.dialects import Trino
from sqlglot.errors import TokenError

from tributary.aws_local import translation
from tributary.aws_local.protocol import AwsError
from tributary.aws_local.unload import Unload, read_unload

LONGEST = 262_144
"""Bytes of a statement that Athena takes at most."""

_COMMENTS = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)


@dataclass(frozen=True)
class Statement:
    """A statement that Athena takes: its type and subtype as Athena calls them, and what Trino runs for it.

    `fault` is why Athena takes it, and fails it; `unload` and `vacuumed` (a table's SQL name) need several statements.
    """

    type: str
    subtype: str
    trino: str = ""
    unload: Unload | None = None
    vacuumed: str = ""
    fault: str = ""

    @property
    def has_rows(self) -> bool:
        """Whether it answers with rows, the first of which are the names of the columns."""
        return self.subtype in ("SELECT", "EXPLAIN")


_Reader = Callable[[str], str]


def _same(text: str) -> str:
    return text


_DML: Sequence[tuple[str, str, _Reader]] = (
    (r"SELECT\b|WITH\b|VALUES\b|TABLE\b|\(", "SELECT", _same),
    (r"INSERT\s+INTO\b", "INSERT", _same),
    (r"DELETE\s+FROM\b", "DELETE", _same),
    (r"UPDATE\b", "UPDATE", _same),
    (r"MERGE\s+INTO\b", "MERGE", _same),
    (r"EXPLAIN\b", "EXPLAIN", _same),
    (r"CREATE\s+TABLE\s+(IF\s+NOT\s+EXISTS\s+)?[^\s(]+\s+(WITH\s*\(|AS\b)", "CREATE_TABLE_AS_SELECT", translation.ctas),
    (r"OPTIMIZE\b", "OPTIMIZE", translation.optimize),
    (r"CREATE\s+(OR\s+REPLACE\s+)?VIEW\b", "CREATE_VIEW", _same),
    (r"DROP\s+VIEW\b", "DROP_VIEW", _same),
)
_DDL: Sequence[tuple[str, str, _Reader]] = (
    (r"CREATE\s+(EXTERNAL\s+)?TABLE\b", "CREATE_TABLE", translation.create_table),
    (r"DROP\s+TABLE\b", "DROP_TABLE", translation.hive_ddl),
    (r"(CREATE|DROP)\s+(DATABASE|SCHEMA)\b", "DATABASE", translation.hive_ddl),
    (r"(SHOW|DESCRIBE|DESC)\b", "SHOW", translation.unquoted),
)


def read_statement(text: str) -> Statement:
    """The statement that a text is.

    Raises:
        AwsError: Athena does not take it: it is too long, several, or of a kind that Athena has not.
    """
    if len(text.encode()) > LONGEST:
        raise AwsError("InvalidRequestException", f"Query string is longer than {LONGEST} bytes")
    commented = _COMMENTS.match(text)
    start = commented.end() if commented else 0
    bare = _one(text[start:])
    for pattern, subtype, reader in _DML:
        if re.match(pattern, bare, re.IGNORECASE):
            kind = "DDL" if subtype.endswith("VIEW") else "UTILITY" if subtype == "EXPLAIN" else "DML"
            return Statement(kind, subtype, reader(bare))
    if re.match(r"UNLOAD\b", bare, re.IGNORECASE):
        return Statement("DML", "UNLOAD", unload=read_unload(bare))
    if found := re.fullmatch(r"VACUUM\s+(\S+)", bare, re.IGNORECASE):
        return Statement("DDL", "VACUUM", vacuumed=translation.requoted(found[1]))
    for pattern, subtype, reader in _DDL:
        if re.match(pattern, bare, re.IGNORECASE):
            if text[:start].strip():
                near = " ".join(f"'{word}'" for word in text.split()[:3])
                return Statement(
                    "DDL", subtype, fault=f"FAILED: ParseException line 1:0 cannot recognize input near {near}"
                )
            if '"' in re.sub(r"'[^']*'", "", bare):
                raise AwsError(
                    "InvalidRequestException", "line 1:1: mismatched input '\"': names in DDL stand in backticks"
                )
            return Statement("DDL", subtype, reader(bare))
    raise AwsError("InvalidRequestException", "Queries of this type are not supported")


def _one(text: str) -> str:
    """The text of a single statement, without what ends it.

    Raises:
        AwsError: it is none, or several.
    """
    text = text.rstrip()
    if text.endswith(";"):
        text = text[:-1].rstrip()
    try:
        tokens = Trino().tokenize(text.replace("`", '"'))
    except TokenError as error:
        raise AwsError("InvalidRequestException", f"line 1:1: mismatched input: {error}") from None
    if not tokens:
        raise AwsError("InvalidRequestException", "Query string is empty")
    if any(token.token_type is TokenType.SEMICOLON for token in tokens):
        raise AwsError("InvalidRequestException", "Only one sql statement is allowed")
    return text
