"""Writes a model's SELECT for each engine: Postgres, and Athena, whose engine 3 is Trino.

Only what `assets.factory.lint` accepts keeps its meaning here; this module refuses nothing of its own accord. Where
sqlglot's translation would differ from Postgres, a small repair of the tree says what Trino must do instead. How rows
are stored or statements run is the warehouse's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import ErrorLevel, UnsupportedError, exp

from tributary.assets.factory.lint.families import Families
from tributary.assets.factory.lint.vocabulary import words
from tributary.resources.errors import TributaryError
from tributary.resources.warehouse.base import Dialect

_MICROSECONDS = 6
_RESERVED_BY_TRINO = words(
    "alter between by constraint cube deallocate delete describe drop escape execute exists extract grouping insert "
    "json_array json_exists json_object json_query json_table json_value listagg normalize prepare recursive rollup "
    "skip trim uescape unnest values"
)
"""Trino's reserved words (its documentation, "Keywords and identifiers") that can be names in Postgres."""


class DialectError(TributaryError):
    """A SELECT uses something that an engine's dialect has no words for."""


def statement(tree: exp.Query, dialect: Dialect) -> str:
    """The SELECT as the engine runs it, pretty-printed, without a semicolon; `tree` stays as it is.

    Args:
        tree: a model's tree, as `assets.factory.lint.parse` makes it and `lint` accepts it.
        dialect: `postgres` keeps the author's words and comments as far as sqlglot does; `athena` is Trino's SQL.

    Raises:
        DialectError: the engine cannot express the SELECT; `lint` says where and what to write instead.
    """
    is_athena = dialect == "athena"
    try:
        return (_for_trino(tree) if is_athena else tree).sql(
            dialect=dialect, pretty=True, comments=not is_athena, unsupported_level=ErrorLevel.RAISE
        )
    except UnsupportedError as error:
        raise DialectError(f"The SELECT cannot be written for {dialect}: {error}; rewrite that part.") from None


def projection(tree: exp.Query, dialect: Dialect) -> str:
    """The one expression that a SELECT returns, as the engine runs it.

    Raises:
        DialectError: the engine cannot express it.
    """
    try:
        whole = _for_trino(tree) if dialect == "athena" else tree
        return whole.selects[0].unalias().sql(dialect=dialect, comments=False, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise DialectError(f"The expression cannot be written for {dialect}: {error}; rewrite that part.") from None


def _for_trino(tree: exp.Query) -> exp.Query:
    repaired = tree.copy()
    # Both lists are complete before anything changes, so that a repair cannot hide a type from another.
    work = [(repair, node) for node in repaired.walk() for repair in _REPAIRS.get(type(node), ())]
    dates = list(_maybe_dates(repaired))
    for node, argument in dates:
        node.set(argument, exp.Cast(this=node.args[argument], to=_timestamp_type()))
    for repair, node in reversed(work):
        repair(node)
    return repaired


def _maybe_dates(tree: exp.Query) -> Iterator[tuple[exp.Expr, str]]:
    """Nodes with the argument that Postgres reads as a timestamp where it is a date, and Trino does not."""
    families = Families(tree)
    for node in tree.find_all(exp.Add, exp.Sub, exp.TimestampTrunc, exp.Extract):
        if isinstance(node, exp.TimestampTrunc):
            argument = "this"
        elif isinstance(node, exp.Extract):
            if node.this.name.upper() != "EPOCH":
                continue
            argument = "expression"
        elif families.of(node.args["expression"]) == "interval":
            argument = "this"
        elif families.of(node.this) == "interval":
            argument = "expression"
        else:
            continue
        if families.of(node.args[argument]) not in ("timestamp", "interval"):
            yield node, argument


def _timestamp_type() -> exp.DataType:
    return exp.DataType(
        this=exp.DType.TIMESTAMP, expressions=[exp.DataTypeParam(this=exp.Literal.number(_MICROSECONDS))]
    )


def _keep_microseconds(data_type: exp.DataType) -> None:
    """Postgres' timestamp counts microseconds; Trino's plain `timestamp` would drop what is below a millisecond."""
    if data_type.this is exp.DType.TIMESTAMP and not data_type.expressions:
        data_type.replace(_timestamp_type())


def _plain_truth(node: exp.Is) -> None:
    """Trino has no `is true`; the test must be true or false for null as well."""
    if isinstance(node.expression, exp.Boolean):
        value = node.expression.this
        known = exp.Coalesce(this=node.this, expressions=[exp.Boolean(this=not value)])
        node.replace(exp.Paren(this=known if value else exp.Not(this=known)))


def _trim_spaces(node: exp.Trim) -> None:
    """Postgres trims spaces alone; Trino's bare trim also takes tabs and line ends."""
    if not node.args.get("expression"):
        node.set("expression", exp.Literal.string(" "))
    if not node.args.get("position"):
        node.set("position", "BOTH")


def _epoch(node: exp.Extract) -> None:
    if node.this.name.upper() == "EPOCH":
        node.replace(exp.Anonymous(this="TO_UNIXTIME", expressions=[node.expression]))


def _end_of_text(node: exp.RegexpLike) -> None:
    r"""`$` is the end of the text to Postgres; to Trino also the place before a last line end, so it becomes `\z`."""
    pattern = node.expression
    if isinstance(pattern, exp.Literal) and pattern.name.endswith("$") and not pattern.name.endswith("\\$"):
        node.set("expression", exp.Literal.string(pattern.name[:-1] + "\\z"))


def _no_storage_hint(node: exp.CTE) -> None:
    node.set("materialized", None)


def _weeks_as_days(node: exp.Interval) -> None:
    """Trino's intervals have no weeks, and sqlglot's product of days binds looser than what it stands in."""
    unit = node.args.get("unit")
    if isinstance(unit, exp.Var) and unit.name.upper() in ("WEEK", "WEEKS"):
        node.set("this", exp.Literal.string(str(int(node.this.name) * 7)))
        node.set("unit", exp.Var(this="DAY"))


def _quote_reserved(node: exp.Identifier) -> None:
    """Words that Trino alone reserves would end a statement early where Postgres takes them as names."""
    if node.name.lower() in _RESERVED_BY_TRINO:
        node.set("this", node.name.lower())
        node.set("quoted", True)


_REPAIRS: dict[type[exp.Expr], tuple[Callable[..., None], ...]] = {
    exp.DataType: (_keep_microseconds,),
    exp.Is: (_plain_truth,),
    exp.Trim: (_trim_spaces,),
    exp.Extract: (_epoch,),
    exp.RegexpLike: (_end_of_text,),
    exp.CTE: (_no_storage_hint,),
    exp.Interval: (_weeks_as_days,),
    exp.Identifier: (_quote_reserved,),
}
